import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** What tells where things are: each name in it must lead there. */
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'docs/architecture.md',
  'docs/glossary.md',
  'docs/decisions/README.md',
];

/** Files and folders, each with a slash before it; what is built or installed is none of them. */
function pathsBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !['node_modules', 'dist', '__pycache__'].includes(name))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? [`/${path}`, ...pathsBelow(path)] : [`/${path}`];
    });
}
const paths = ['apps', 'libs', 'tools', 'docs', 'deploy', 'samples'].flatMap(pathsBelow);

const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { scripts: Record<string, string> };
const textOf = (document: string): string => readFileSync(join(root, document), 'utf8');
const spansIn = (text: string): string[] => [...text.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);

/** Paths of this repository, also by their end alone, and with a `*` for what differs. Routes begin with a slash and types have one. */
function namedIn(text: string): string[] {
  const isPath = (span: string): boolean =>
    /^[\w.@*-]+(\/[\w.*-]+)*\/?$/.test(span) &&
    (/^(apps|libs|tools|docs|deploy|samples)\//.test(span) ||
      /\.(ts|lua|mjs|js|py|sh|md)$/.test(span) ||
      /[\w-]\/$/.test(span));
  return [...new Set(spansIn(text).filter(isPath))];
}

function isThere(named: string): boolean {
  const end = named
    .replace(/\/$/, '')
    .replaceAll('.', String.raw`\.`)
    .replaceAll('*', '[^/]*');
  const pattern = new RegExp(`/${end}$`);
  return paths.some((path) => pattern.test(path)) || existsSync(join(root, named));
}

describe.each(documents)('%s', (document) => {
  const text = textOf(document);

  it('names files and folders that are there', () => {
    expect(namedIn(text).filter((named) => !isThere(named))).toEqual([]);
  });

  it('links to files that are there', () => {
    const targets = [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, target = '']) => target);
    const files = targets.filter((target) => !/^https?:/.test(target));
    expect(files.filter((target) => !existsSync(join(root, dirname(document), target)))).toEqual([]);
  });

  it('names scripts that are there', () => {
    const named = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, script = '']) => script);
    expect(named.filter((script) => !Object.hasOwn(scripts, script))).toEqual([]);
  });
});

it('finds names to look at', () => {
  expect(namedIn(textOf('docs/architecture.md')).length).toBeGreaterThan(30);
  expect(isThere('libs/domain/src/spec/rules/')).toBe(true);
  expect(['libs/domain/src/nowhere.ts', 'src/spec/nowhere/', 'pec/rules'].map(isThere)).toEqual([false, false, false]);
});
