import { describe, expect, it } from 'vitest';
import { isRelative, looksLikeUrl, parseArchiveUrl } from './archive-url.js';

describe('looksLikeUrl', () => {
  it.each(['http://a/b', 'HTTPS://a/b', 'file:///a', 'File://a'])('is true for %s', (text) => {
    expect(looksLikeUrl(text)).toBe(true);
  });

  it.each(['a.war', 'ftp://a/b', 's3://a/b', 'http:a', 'http:/a', ' http://a/b', ''])('is false for "%s"', (text) => {
    expect(looksLikeUrl(text)).toBe(false);
  });
});

describe('isRelative', () => {
  it.each(['../a', 'a/../b', 'a..b', '%2e%2E/a', '.%2e/a', 'http://a/%2e./b'])('is true for %s', (text) => {
    expect(isRelative(text)).toBe(true);
  });

  it.each(['a.war', './a', 'http://a.b/c.d', '.'])('is false for %s', (text) => {
    expect(isRelative(text)).toBe(false);
  });
});

describe('parseArchiveUrl', () => {
  it('reads an ordinary URL', () => {
    expect(parseArchiveUrl('http://example.com:81/a.war?b#c', 'x').href).toBe('http://example.com:81/a.war?b#c');
  });

  it.each([
    ['a port that is no number', 'http://localhost:aaaa'],
    ['a port out of range', 'http://localhost:65536/a.war'],
    ['no host', 'http:///a.war'],
    ['a query in the place of the path', 'http://evil.example?.friend.example/a.war'],
    ['a fragment in the place of the path', 'http://evil.example#.friend.example/a.war'],
    ['a backslash, which would end the host', 'http://evil.example\\.friend.example/a.war'],
    ['a tab, which would be dropped', 'file:///data/.\t./etc/passwd'],
    ['a line end, which would be dropped', 'http://friend.example/\na.war'],
    ['an encoded slash in the host', 'http://evil.example%2f.friend.example/a.war'],
  ])('takes %s for malformed', (_what, url) => {
    expect(() => parseArchiveUrl(url, 'given')).toThrow(
      expect.objectContaining({ code: 'downloadFailed', data: { url: 'given', reason: 'the URL is malformed' } }),
    );
  });

  it.each(['http://user@example.com/a.war', 'http://user:secret@example.com/a.war', 'http://:secret@example.com/'])(
    'refuses a user name or password: %s',
    (url) => {
      const reason = 'the URL holds a user name or password';
      expect(() => parseArchiveUrl(url, url)).toThrow(expect.objectContaining({ data: { url, reason } }));
    },
  );
});
