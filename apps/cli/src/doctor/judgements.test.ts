import { loadSettings } from '@torchweave/platform';
import { describe, expect, it } from 'vitest';
import { judgeDisk } from './check-folders.js';
import { judgeOpenFiles } from './check-open-files.js';
import { judgeRedis, judgeWorkers } from './check-redis.js';
import { judgeCertificate } from './check-tls.js';

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

describe('judgeDisk', () => {
  it('warns below 1 GiB and fails below 100 MiB', () => {
    const sizes = [2 * 1024 ** 3, 500 * 1024 ** 2, 1024];
    expect(sizes.map((size) => judgeDisk(size, '/data').level)).toEqual(['ok', 'warn', 'fail']);
  });
});

describe('judgeWorkers', () => {
  const client = (name: string): string =>
    `id=7 addr=127.0.0.1:1 laddr=127.0.0.1:2 fd=8 name=${name} age=1 cmd=bzpopmin`;
  const worker = client('{torchweave}:queue:b3BlcmF0aW9ucw==');

  it('counts the workers of the namespace alone', () => {
    const others = [
      client(''),
      client('{other}:queue:b3BlcmF0aW9ucw=='),
      client('{torchweave}:queue:bWFpbnRlbmFuY2U='),
    ];
    expect(judgeWorkers([...others, worker, worker].join('\n'), 'torchweave')).toMatchObject({
      level: 'ok',
      message: '2 workers of the namespace torchweave connected.',
    });
    expect(judgeWorkers(others.join('\n'), 'torchweave')).toMatchObject({ level: 'warn' });
  });
});

describe('judgeCertificate', () => {
  const dayMs = 86_400_000;
  const now = new Date('2030-01-01T00:00:00Z');
  const at = (days: number): Date => new Date(now.getTime() + days * dayMs);
  it.each([
    [-10, 0, 'fail', 'has ended'],
    [-10, 20, 'warn', 'ends in 20 days'],
    [-10, 21, 'ok', 'holds until 2030-01-22'],
    [1, 100, 'fail', 'begins on 2030-01-02'],
  ])('says of one from day %i to day %i: %s', (from, to, level, message) => {
    expect(judgeCertificate({ validFrom: at(from), validTo: at(to) }, now)).toMatchObject({
      level,
      message: expect.stringContaining(message) as string,
    });
  });
});

describe('judgeOpenFiles', () => {
  const { settings } = loadSettings({ flags: {}, environment: {} });
  it.each([
    [12_352, ['ok']],
    [12_351, ['warn']],
    [256, ['warn']],
    [undefined, []],
  ])('judges a limit of %s', (limit, levels) => {
    expect(judgeOpenFiles(limit, settings).map(({ level }) => level)).toEqual(levels);
  });
});
