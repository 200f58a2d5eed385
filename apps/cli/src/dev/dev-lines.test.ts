import { describe, expect, it } from 'vitest';
import { firstLine, shellWord } from './dev-lines.js';

const url = 'http://127.0.0.1:8080/wfpredict/chain';

describe('the first line', () => {
  it('is a request to paste', () => {
    expect(firstLine(url, undefined)).toBe(`curl -H content-type:text/plain -d hello ${url}`);
  });

  it('sends the file that is sent at each save', () => {
    const file = { path: 'a picture.png', contentType: 'image/png' };
    expect(firstLine(url, file)).toBe(`curl -H content-type:image/png -T 'a picture.png' ${url}`);
  });
});

describe('a word for the shell', () => {
  it.each([
    ['./a/b-1.png', './a/b-1.png'],
    ['a b', "'a b'"],
    ["it's", String.raw`'it'\''s'`],
    ['$(x)', "'$(x)'"],
  ])('%s is %s', (text, word) => expect(shellWord(text)).toBe(word));
});
