import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const tool = fileURLToPath(new URL('../changes.mjs', import.meta.url));

let root: string;

const run = (...args: string[]) => spawnSync(process.execPath, [tool, ...args], { cwd: root, encoding: 'utf8' });
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const write = (path: string, content: string | object): void =>
  writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
const changeFiles = (): string[] => readdirSync(join(root, '.changeset')).filter((file) => file !== 'README.md');

/** A repository of a root and two packages, one of which needs the other and somebody else's. */
function writeRepository(version: string): void {
  const domain = { name: '@torchweave/domain', version };
  const api = { name: '@torchweave/api', version, dependencies: { '@torchweave/domain': version, other: '^0.1.0' } };
  const foreign = { version: '0.1.0' };
  for (const folder of ['.changeset', 'domain', 'api']) mkdirSync(join(root, folder), { recursive: true });
  write('package.json', { name: 'torchweave', version, devDependencies: { '@torchweave/domain': version } });
  write('domain/package.json', domain);
  write('api/package.json', api);
  const packages = { '': { version }, domain: { ...domain }, api: { ...api }, 'node_modules/other': foreign };
  write('package-lock.json', { version, packages });
  write('.changeset/README.md', 'How to.');
  write('CHANGELOG.md', '# Changelog\n\n## 0.1.0\n\nThe first.\n');
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'torchweave-changes-'));
  writeRepository('0.1.0');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('a change', () => {
  it('is a file of its own, in the form of changesets', () => {
    const { status, stdout } = run('add', 'minor', 'Versions of a workflow.');
    expect(status).toBe(0);
    expect(changeFiles()).toEqual([stdout.trim().replace('.changeset/', '')]);
    expect(read(stdout.trim())).toBe("---\n'torchweave': minor\n---\n\nVersions of a workflow.\n");
  });

  it.each([
    ['no kind', []],
    ['another kind', ['huge', 'x']],
    ['no words', ['minor']],
  ])('needs its kind and its words: %s', (_, args) => {
    const { status, stderr } = run('add', ...args);
    expect(status).toBe(2);
    expect(stderr).toContain('major|minor|patch');
    expect(changeFiles()).toEqual([]);
  });

  it.each([
    ['no head', 'Something is new.'],
    ['another package', "---\n'other': minor\n---\n\nx\n"],
    ['another kind', "---\n'torchweave': huge\n---\n\nx\n"],
    ['no words', "---\n'torchweave': minor\n---\n\n"],
  ])('written by hand is refused with its file and the form: %s', (_, text) => {
    write('.changeset/mine.md', text);
    const { status, stderr } = run('version');
    expect(status).toBe(2);
    expect(stderr).toContain('.changeset/mine.md');
    expect(read('CHANGELOG.md')).toContain('## 0.1.0');
    expect(existsSync(join(root, '.changeset/mine.md'))).toBe(true);
  });
});

describe('a release', () => {
  it.each([
    ['0.1.0', ['patch'], '0.1.1'],
    ['0.1.3', ['patch', 'minor'], '0.2.0'],
    ['0.1.3', ['minor', 'major', 'patch'], '0.2.0'],
    ['1.2.3', ['patch'], '1.2.4'],
    ['1.2.3', ['minor'], '1.3.0'],
    ['1.2.3', ['patch', 'major'], '2.0.0'],
  ])('of %s with %j is %s', (version, kinds, next) => {
    writeRepository(version);
    for (const kind of kinds) run('add', kind, `A ${kind} one.`);
    expect(run('version').stdout.trim()).toBe(next);
    expect((JSON.parse(read('package.json')) as { version: string }).version).toBe(next);
  });

  it('says what is new above what was, and takes its files away', () => {
    run('add', 'patch', 'A fault is mended.');
    run('add', 'minor', 'Something new,\nin two lines.');
    const preview = run('status').stdout;
    run('version');
    const section = '## 0.2.0\n\n### New\n\n- Something new,\n  in two lines.\n\n### Mended\n\n- A fault is mended.\n';
    expect(preview).toBe(section);
    expect(read('CHANGELOG.md')).toBe(`# Changelog\n\n${section}\n## 0.1.0\n\nThe first.\n`);
    expect(changeFiles()).toEqual([]);
  });

  it('gives all packages the version, and leaves those of others', () => {
    run('add', 'minor', 'New.');
    run('version');
    expect(JSON.parse(read('api/package.json'))).toMatchObject({
      version: '0.2.0',
      dependencies: { '@torchweave/domain': '0.2.0', other: '^0.1.0' },
    });
    expect(JSON.parse(read('package.json'))).toMatchObject({ devDependencies: { '@torchweave/domain': '0.2.0' } });
    expect(JSON.parse(read('package-lock.json'))).toMatchObject({
      version: '0.2.0',
      packages: {
        '': { version: '0.2.0' },
        domain: { version: '0.2.0' },
        api: { version: '0.2.0', dependencies: { '@torchweave/domain': '0.2.0', other: '^0.1.0' } },
        'node_modules/other': { version: '0.1.0' },
      },
    });
  });

  it('of nothing is refused', () => {
    expect(run('status').stdout).toBe('nothing is new since 0.1.0\n');
    expect(run('version').status).toBe(2);
    expect(read('package.json')).toContain('0.1.0');
  });
});
