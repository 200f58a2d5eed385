import { describe, expect, it } from 'vitest';
import { parseRedisUrl, withoutSecret } from './redis-url.js';

describe('the address of Redis', () => {
  it.each([
    ['redis://127.0.0.1', 'redis://127.0.0.1:6379'],
    ['redis://127.0.0.1:6400/', 'redis://127.0.0.1:6400'],
    ['redis://user:p%40ss@redis.example:6400/3', 'redis://redis.example:6400/3'],
    ['rediss://:secret@[::1]:6400', 'rediss://[::1]:6400'],
  ])('%s is shown as %s', (url, shown) => expect(parseRedisUrl(url)).toBe(shown));

  it.each([
    '',
    'localhost:6379',
    'http://127.0.0.1:6379',
    'sentinel://127.0.0.1:26379/primary',
    'redis+sentinel://127.0.0.1:26379/primary',
    'redis+cluster://127.0.0.1:6379',
    'unix:///run/redis.sock',
    'redis://a:6379,b:6379',
    'redis://127.0.0.1:6379?sentinels=b&name=primary',
    'redis://127.0.0.1:6379?family=6',
    'redis://127.0.0.1:6379#x',
    'redis://127.0.0.1:notaport',
    'redis://127.0.0.1:99999',
    'redis://127.0.0.1/name',
    'redis://127.0.0.1/-1',
    'redis://127.0.0.1/123456',
    'redis://:%zz@127.0.0.1',
  ])('"%s" is refused with what it must be', (url) => {
    expect(() => parseRedisUrl(url)).toThrow(expect.objectContaining({ code: 'configurationInvalid' }));
  });

  it.each([
    'redis://:topsecret@127.0.0.1:notaport',
    'reds://user:topsecret@host',
    'redis://user:top@topsecret@host?x=1',
    'user:topsecret@host',
    'redis://:topsecret/topsecret@host',
  ])('tells no password of %s', (url) => {
    expect(withoutSecret(url)).not.toContain('topsecret');
    expect(() => parseRedisUrl(url)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('topsecret') as string }),
    );
  });
});
