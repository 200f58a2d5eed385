import { workflowFiles } from '@torchweave/testing/builders';
import { inChunks } from '@torchweave/testing/port-conformance/archive-store';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { temporaryStore, type TemporaryStore } from './temporary-store.js';

const files = workflowFiles({ files: { 'data/grüße.txt': 'g'.repeat(5_000), 'data/empty': '' } });
const has = (command: string): boolean => spawnSync('which', [command]).status === 0;
const archiver = join(
  process.env['TORCHWEAVE_TORCHSERVE_HOME'] ?? join(homedir(), '.cache', 'torchweave', 'torchserve-0.12.0'),
  'bin',
  'torch-workflow-archiver',
);
const hasArchiver = spawnSync(archiver, ['--help']).status === 0;

const zipfile = (write: string): string => `
import sys, zipfile, os
out, files = sys.argv[1], sys.argv[2:]
class Pipe:
    def __init__(self, f): self.f = f
    def write(self, b): return self.f.write(b)
    def flush(self): self.f.flush()
${write}`;

/** What packs the files of the folder it runs in into its first argument: with what, what has to be there, how. */
const tools: readonly (readonly [string, boolean, string, readonly string[]])[] = [
  ['Info-ZIP', has('zip'), 'zip', ['-qr', 'out', '.']],
  ['Info-ZIP, stored and without folders', has('zip'), 'zip', ['-qrD0', 'out', '.']],
  ['Info-ZIP into a pipe', has('zip'), 'sh', ['-c', 'zip -qr - . | cat > out']],
  ['Info-ZIP with zip64', has('zip'), 'zip', ['-qr', '-fz', 'out', '.']],
  [
    'Info-ZIP that takes an entry away and adds one',
    has('zip'),
    'sh',
    ['-c', 'zip -qr out . && zip -qd out data/empty && zip -q out data/empty'],
  ],
  ['Info-ZIP with a comment', has('zip'), 'sh', ['-c', 'zip -qr out . && echo "a comment" | zip -qz out']],
  ['jar', has('jar'), 'jar', ['cfM', 'out', '.']],
  ['jar, stored', has('jar'), 'jar', ['c0fM', 'out', '.']],
  ['7-Zip', has('7z'), '7z', ['a', '-tzip', '-bso0', 'out', '.']],
  // Of `.` it makes entries `./x`, which are refused.
  ['bsdtar', has('bsdtar'), 'sh', ['-c', 'bsdtar -a -cf out.zip *']],
  [
    "Python's zipfile",
    true,
    'python3',
    [
      '-c',
      zipfile("with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as z:\n    for f in files: z.write(f)"),
      'out',
    ],
  ],
  [
    "Python's zipfile with zip64",
    true,
    'python3',
    [
      '-c',
      zipfile(
        "with zipfile.ZipFile(out, 'w') as z:\n    for f in files:\n        with z.open(f, 'w', force_zip64=True) as e: e.write(open(f, 'rb').read())",
      ),
      'out',
    ],
  ],
  [
    "Python's zipfile into a pipe",
    true,
    'python3',
    [
      '-c',
      zipfile(
        "with open(out, 'wb') as o, zipfile.ZipFile(Pipe(o), 'w', zipfile.ZIP_DEFLATED) as z:\n    for f in files: z.write(f)",
      ),
      'out',
    ],
  ],
  [
    "Python's zipfile that appends",
    true,
    'python3',
    ['-c', zipfile("for f in files:\n    with zipfile.ZipFile(out, 'a') as z: z.write(f)"), 'out'],
  ],
  [
    "Python's shutil",
    true,
    'python3',
    ['-c', "import shutil; shutil.make_archive('../out', 'zip', '.'); shutil.move('../out.zip', 'out')"],
  ],
  [
    "Python's tarfile",
    true,
    'python3',
    [
      '-c',
      "import tarfile,sys\nwith tarfile.open(sys.argv[1], 'w:gz') as t:\n    for f in sys.argv[2:]: t.add(f)",
      'out',
    ],
  ],
  [
    "Python's tarfile with pax headers",
    true,
    'python3',
    [
      '-c',
      "import tarfile,sys\nwith tarfile.open(sys.argv[1], 'w:gz', format=tarfile.PAX_FORMAT, pax_headers={'comment':'c'}) as t:\n    for f in sys.argv[2:]: t.add(f)",
      'out',
    ],
  ],
  ['GNU tar', has('tar'), 'sh', ['-c', 'tar czf ../out.tgz . && mv ../out.tgz out']],
  ['GNU tar with pax headers', has('tar'), 'sh', ['-c', 'tar czf ../out.tgz --format=pax . && mv ../out.tgz out']],
  ['GNU tar of old times', has('tar'), 'sh', ['-c', 'tar czf ../out.tgz --format=v7 . && mv ../out.tgz out']],
];

describe('an archive that people make with', () => {
  let root: string;
  let store: TemporaryStore;

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'archivers-'));
    store = await temporaryStore();
  });
  afterEach(() => rmSync(join(root, 'content'), { recursive: true, force: true }));
  afterAll(async () => {
    rmSync(root, { recursive: true });
    await store.dispose();
  });

  const openArchive = async (path: string): Promise<string> => {
    const { digest } = await store.store.put(inChunks(readFileSync(path)));
    return (await store.store.open(digest)).directory;
  };

  const content = (): string => {
    const folder = join(root, 'content');
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return folder;
  };

  const present = tools.filter(([, isThere]) => isThere);
  const absent = tools.filter(([, isThere]) => !isThere);

  it.each(present)('%s opens', async (_name, _isThere, command, args) => {
    const folder = content();
    const named = command === 'python3' && args.at(-1) === 'out' ? Object.keys(files) : [];
    execFileSync(command, [...args, ...named], { cwd: folder });
    const out = ['out', 'out.zip'].map((name) => join(folder, name)).find(existsSync);
    const directory = await openArchive(out ?? '');
    for (const [path, text] of Object.entries(files)) expect(readFileSync(join(directory, path), 'utf8')).toBe(text);
  });

  it.skip.each(absent)('%s opens (skipped: it is not installed)', () => undefined);

  it.skipIf(!hasArchiver)(
    `torch-workflow-archiver opens${hasArchiver ? '' : ' (skipped: it is not installed)'}`,
    async () => {
      const folder = content();
      const args = ['--workflow-name', 'w', '--spec-file', 'spec.yaml', '--handler', 'h.py', '--export-path', root];
      execFileSync(archiver, [...args, '--extra-files', 'data/empty', '-f'], { cwd: folder });
      const directory = await openArchive(join(root, 'w.war'));
      expect(readFileSync(join(directory, 'spec.yaml'), 'utf8')).toBe(files['spec.yaml']);
    },
  );
});
