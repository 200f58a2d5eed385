import { describe, expect, it } from 'vitest';
import { scrubbedEnvironment } from './options.js';

describe('scrubbedEnvironment', () => {
  it('keeps what Python needs', () => {
    const needed = { PATH: '/bin', HOME: '/root', LANG: 'C.UTF-8', LC_ALL: 'C', TZ: 'UTC', OMP_NUM_THREADS: '1' };
    expect(scrubbedEnvironment(needed)).toEqual(needed);
  });

  it('drops what may be a secret, and what steers Node', () => {
    const source = {
      REDIS_URL: 'redis://u:p@h',
      AWS_SECRET_ACCESS_KEY: 'x',
      NODE_OPTIONS: '--inspect',
      PATH: undefined,
    };
    expect(scrubbedEnvironment(source)).toEqual({});
  });
});
