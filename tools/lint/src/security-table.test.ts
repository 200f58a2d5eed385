import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const text = readFileSync(`${root}docs/security.md`, 'utf8');

interface Row {
  readonly threat: string;
  readonly shownBy: string;
}

/** The rows of every table, without heads and rules. */
const rows: Row[] = text
  .split('\n')
  .filter((line) => /^\| (?!threat |fault |means )/.test(line))
  .map((line) => line.split(' | '))
  .map((cells) => ({ threat: (cells[0] ?? '').slice(2), shownBy: (cells[2] ?? '').replace(/ \|$/, '') }));

/** A file of this repository, and the titles of the tests in it that the row names. */
function testsOf({ shownBy }: Row): { path: string; titles: string[] }[] {
  return shownBy.split(/; (?=`)/).map((group) => ({
    path: /^(?:by construction, )?`([\w./-]+)`/.exec(group)?.[1] ?? '',
    titles: [...group.matchAll(/"((?:[^"\\]|\\.)+)"/g)].map(([, title = '']) => title),
  }));
}

describe('the table of threats', () => {
  it('has rows', () => expect(rows.length).toBeGreaterThan(30));

  it.each(rows)('names tests that are there: $threat', (row) => {
    for (const { path, titles } of testsOf(row)) {
      expect([path, existsSync(`${root}${path}`)]).toEqual([path, path !== '']);
      const source = readFileSync(`${root}${path}`, 'utf8');
      expect([path, /\.test\.ts$|\/tests\/\w+\.py$/.test(path) ? titles.length > 0 : true]).toEqual([path, true]);
      for (const title of titles) expect([path, title, isIn(source, title)]).toEqual([path, title, true]);
    }
  });
});

/** In source code a quote may be escaped. */
const isIn = (source: string, title: string): boolean =>
  source.includes(title) || source.includes(title.replaceAll("'", "\\'"));
