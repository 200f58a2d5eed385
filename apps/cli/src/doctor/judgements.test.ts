import { describe, expect, it } from 'vitest';
import { judgeDisk } from './check-folders.js';
import { judgeRegistration } from './check-model-servers.js';
import { judgeRedis } from './check-redis.js';

const levels = (text: string): string[] =>
  judgeRedis(text, 'host:6379').map(({ level, message }) => `${level} ${message}`);

describe('judgeRedis', () => {
  it('tells the version and finds nothing wrong with a server that keeps what it is given', () => {
    const text = '# Server\r\nredis_version:7.0.15\r\naof_enabled:1\r\nmaxmemory_policy:noeviction\r\n';
    expect(levels(text)).toEqual(['ok Redis 7.0.15 at host:6379']);
  });

  it('calls Valkey by its name', () => {
    expect(levels('redis_version:7.2.4\r\nvalkey_version:9.1.2\r\n')).toEqual(['ok Valkey 9.1.2 at host:6379']);
  });

  it('warns of a server that keeps nothing and refuses one that drops things', () => {
    expect(levels('redis_version:7\r\naof_enabled:0\r\nmaxmemory_policy:allkeys-lru\r\n')).toEqual([
      expect.stringMatching(/^ok /),
      expect.stringMatching(/^warn .*append-only/),
      expect.stringMatching(/^fail .*allkeys-lru/),
    ]);
  });
});

describe('judgeRegistration', () => {
  it.each([
    ['registers models', 400, { type: 'BadRequestException' }, 'ok', undefined],
    ['has its model API off', 405, { type: 'MethodNotAllowedException' }, 'fail', '--enable-model-api'],
    ['wants a key', 400, { type: 'InvalidKeyException' }, 'fail', '--model-server-key-file'],
    ['is broken', 500, undefined, 'fail', 'log'],
  ])('tells a TorchServe that %s', (_what, status, json, level, remedy) => {
    const finding = judgeRegistration('model server', { status, json });
    expect(finding.level).toBe(level);
    if (remedy !== undefined) expect(finding.remedy).toContain(remedy);
  });
});

describe('judgeDisk', () => {
  it('warns below 1 GiB and fails below 100 MiB', () => {
    const sizes = [2 * 1024 ** 3, 500 * 1024 ** 2, 1024];
    expect(sizes.map((size) => judgeDisk(size, '/data').level)).toEqual(['ok', 'warn', 'fail']);
  });
});
