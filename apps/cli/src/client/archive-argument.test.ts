import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { openArchive } from './archive-argument.js';

describe('openArchive', () => {
  it.each(['./package.json', process.cwd() + '/package.json'])('opens the file at %s', async (path) => {
    const archive = await openArchive(path);
    if (!('content' in archive)) throw new Error('it is not opened');
    expect(await buffer(archive.content)).toEqual(await readFile('package.json'));
    await archive.close();
  });

  it.each([
    ['a plain name, which is one of the workflow store', 'package.json'],
    ['a path that leads nowhere', './nosuch.war'],
    ['a path through what is no folder', './package.json/a.war'],
    ['a folder', './apps'],
    ['a URL', 'https://example.com/digits.war'],
    ['a file URL', pathToFileURL('package.json').href],
  ])('leaves %s to the server', async (_what, argument) => {
    expect(await openArchive(argument)).toEqual({ url: argument });
  });
});
