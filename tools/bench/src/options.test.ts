import { describe, expect, it } from 'vitest';
import { parseOptions } from './options.js';
import { sectionNames } from './sections/section-names.js';

describe('parseOptions', () => {
  it('measures everything in three rounds by default', () => {
    expect(parseOptions([])).toMatchObject({ rounds: 3, sections: sectionNames, catalogueSize: 100_000, check: false });
  });

  it('lets single options win over --quick', () => {
    expect(parseOptions(['--quick', '--clients', '8', '--soak', '60'])).toMatchObject({
      ...{ quick: true, rounds: 1, clients: [8], soakSeconds: 60 },
    });
  });

  it('picks sections', () => {
    expect(parseOptions(['--only', 'chain,soak'])?.sections).toEqual(['chain', 'soak']);
    expect(() => parseOptions(['--only', 'chian'])).toThrow('There is no section chian');
  });

  it.each([['--clients', '0'], ['--rounds', 'many'], ['--seconds', '1.5'], ['--unknown']])(
    'refuses %s %s',
    (...args) => {
      expect(() => parseOptions(args.filter((arg) => arg !== undefined))).toThrow();
    },
  );

  it('has nothing to run when help is asked for', () => {
    expect(parseOptions(['--help'])).toBeUndefined();
  });
});
