import { describe, expect, it } from 'vitest';
import { AllowList } from './allow-list.js';
import { splitAlternatives } from './java-pattern.js';

const torchServeDefault = 'file://.*|http(s)?://.*';

describe('AllowList.allows', () => {
  it.each([
    [torchServeDefault, 'http://example.com/a.war'],
    [torchServeDefault, 'HTTPS://EXAMPLE.COM/A.WAR'],
    [torchServeDefault, 'file:///tmp/a.war'],
    ['https://s3\\.amazonaws\\.com/.*', 'https://s3.amazonaws.com/bucket/a.war'],
    ['https://s3\\.amazonaws\\.com/.*', 'https://S3.AmazonAWS.com/bucket/a.war'],
    ['(?i)https://models/.*', 'https://MODELS/a.war'],
    ['https://\\Qmodels.example.com\\E/.*', 'https://models.example.com/a.war'],
    ['https://\\Qmodels.example.com/a.war', 'https://models.example.com/a.war'],
    ['https://models\\-1/[\\w.]+', 'https://models-1/a.war'],
  ])('matches %s with %s', (entry, url) => {
    expect(new AllowList([entry]).allows(url)).toBe(true);
  });

  it.each([
    ['https://good\\.com/a', 'https://good.com/a.war'],
    ['https://good\\.com/.*', 'https://evil.com/https://good.com/a.war'],
    ['https://good\\.com/a|https://good\\.com/b', 'https://good.com/ab'],
    ['https://\\Qgood.com\\E/.*', 'https://goodXcom/a.war'],
    ['https://.*', 'http://example.com/a.war'],
    ['https://.*', 'https://example.com/\na.war'],
  ])('does not match %s with %s', (entry, url) => {
    expect(new AllowList([entry]).allows(url)).toBe(false);
  });

  it('allows nothing when it is empty', () => {
    expect(new AllowList([]).allows('http://example.com/a.war')).toBe(false);
  });

  it('is satisfied by one of several entries', () => {
    expect(new AllowList(['https://a/.*', 'https://b/.*']).allows('https://b/x.war')).toBe(true);
  });

  it.each([
    ['that is no regular expression', 'http://('],
    ['with a possessive quantifier', 'http://.*+'],
    ['with an escape that only Java knows', '\\Ahttp://.*\\z'],
    ['with a class of Unicode', 'http://\\p{Alpha}+/.*'],
    ['with an intersection of classes', 'http://[a-z&&[^b]]+/.*'],
    ['with a class in a class', 'http://[a-z[0-9]]+/.*'],
  ])('refuses an entry %s at creation', (_what, entry) => {
    expect(() => new AllowList([torchServeDefault, entry])).toThrow(
      expect.objectContaining({
        code: 'configurationInvalid',
        data: expect.objectContaining({ setting: 'allowed_urls', value: entry }),
      }),
    );
  });
});

describe('AllowList.namesHost', () => {
  const names = (entry: string, url: string): boolean => new AllowList([entry]).namesHost(url, new URL(url).hostname);

  it.each([
    ['http://models/.*', 'http://models/a.war'],
    ['http(s)?://models\\.internal/.*', 'https://models.internal/a.war'],
    ['https?:\\/\\/models\\.internal\\/.*', 'https://models.internal/a.war'],
    ['(http|https)://Models\\.Internal(:\\d+)?/.*', 'http://models.internal:8080/a.war'],
    ['http://models.internal:80/.*', 'http://models.internal:80/a.war'],
    ['^(?:https?)://models\\.internal/.*$', 'https://models.internal/a.war'],
    ['file://.*|http://10\\.0\\.0\\.5/.*', 'http://10.0.0.5/a.war'],
    ['http://\\[::1\\](:\\d+)?/.*', 'http://[::1]:8080/a.war'],
    ['http://\\Qmodels.internal\\E/.*', 'http://models.internal/a.war'],
  ])('finds in %s the host of %s', (entry, url) => {
    expect(names(entry, url)).toBe(true);
  });

  it.each([
    [torchServeDefault, 'http://models/a.war'],
    ['http://.*', 'http://models/a.war'],
    ['http://[^/]+/.*', 'http://models/a.war'],
    ['http://.*\\.internal/.*', 'http://models.internal/a.war'],
    ['http://models.*', 'http://models/a.war'],
    ['http://models-\\d/.*', 'http://models-1/a.war'],
    ['http://(models|other)/.*', 'http://models/a.war'],
    ['http://10\\.0\\.0\\.50/.*|http://.*', 'http://10.0.0.5/a.war'],
    ['http://models/only\\.war|http://.*', 'http://models/a.war'],
    ['http://other/.*', 'http://models/a.war'],
    ['http://.*/http://models/.*', 'http://models/http://models/a.war'],
  ])('finds in %s no name for the host of %s', (entry, url) => {
    expect(names(entry, url)).toBe(false);
  });
});

describe('splitAlternatives', () => {
  it.each([
    ['a|b', ['a', 'b']],
    ['(a|b)|c', ['(a|b)', 'c']],
    ['[a|b]|[)]|c', ['[a|b]', '[)]', 'c']],
    ['a\\|b|\\(c', ['a\\|b', '\\(c']],
    ['', ['']],
  ])('splits %s', (pattern, alternatives) => {
    expect(splitAlternatives(pattern)).toEqual(alternatives);
  });
});
