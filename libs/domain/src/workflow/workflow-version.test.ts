import { describe, expect, it } from 'vitest';
import { servedModelName } from './name.js';
import { versionId } from './workflow-version.js';

describe('a version of a workflow', () => {
  it('has one id, and no other has it', () => {
    expect(versionId({ workflow: 'digits', version: 1 })).toBe('digits@1');
    expect(versionId({ workflow: 'digits', version: 12 })).not.toBe(versionId({ workflow: 'digits@1', version: 2 }));
  });

  it('has models of its own in every registration', () => {
    const names = [
      servedModelName({ workflow: 'digits', version: 1 }, 'net', '0a'),
      servedModelName({ workflow: 'digits', version: 2 }, 'net', '0a'),
      servedModelName({ workflow: 'digits', version: 1 }, 'net', '0b'),
      servedModelName({ workflow: 'digits', version: 1 }, 'up', '0a'),
      servedModelName({ workflow: 'other', version: 1 }, 'net', '0a'),
    ];
    expect(names[0]).toBe('digits__net.v1.0a');
    expect(new Set(names).size).toBe(names.length);
  });
});
