import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { archiveUrl } from './archive-argument.js';

const here = 'http://127.0.0.1:8081';
/** A file that is there. */
const file = './package.json';
const fileUrl = pathToFileURL('package.json').href;

describe('archiveUrl', () => {
  it.each([here, 'http://localhost:8081', 'http://[::1]:8081'])(
    'makes a URL of a path for a server at %s',
    (server) => {
      expect(archiveUrl(file, server)).toBe(fileUrl);
    },
  );

  it.each([
    ['a plain name, which is one of the workflow store', 'package.json', here],
    ['a path that leads nowhere', './nosuch.war', here],
    ['a URL', 'https://example.com/digits.war', here],
    ['a file URL', fileUrl, here],
    ['a path, for a server on another machine', file, 'http://workflows.example.com:8081'],
  ])('leaves %s as it is', (_what, argument, server) => {
    expect(archiveUrl(argument, server)).toBe(argument);
  });
});
