// Lays out the one package that is published: the command, with the packages of this repository inside.
//   node tools/package/assemble.mjs FOLDER     after `npm run build`; then `npm pack FOLDER`
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** What a package runs with. */
const parts = ['dist', 'bin', 'python', 'lua'];
/** What only compilers and tests read. */
const isLeftOut = (path) =>
  /\.(d\.ts|map|tsbuildinfo|pyc)$/.test(path) || ['tests', '__pycache__'].includes(basename(path));

/**
 * @nestjs/swagger brings a page whose package reports each install. A package that is installed cannot override what its
 * dependencies bring; it can have both inside, the page as its stand-in.
 */
const withStandIn = ['@nestjs/swagger', 'swagger-ui-dist'];

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));
const writeJson = (path, value) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);

const repository = readJson(join(root, 'package.json'));
const lock = readJson(join(root, 'package-lock.json')).packages;

/** Of an installed package. */
const manifestOf = (name) => readJson(join(root, 'node_modules', name, 'package.json'));

/** Where a package of this repository lies, by the lockfile's link to it. */
const folderOf = (name) => lock[`node_modules/${name}`]?.resolved ?? '';
const isOurs = (name) => lock[`node_modules/${name}`]?.link === true;

/** The packages of this repository that `name` needs, itself first. */
function withNeeds(name, found = new Map()) {
  if (found.has(name)) return found;
  const manifest = readJson(join(root, folderOf(name), 'package.json'));
  found.set(name, manifest);
  for (const needed of Object.keys(manifest.dependencies ?? {})) if (isOurs(needed)) withNeeds(needed, found);
  return found;
}

/** The packages of others, each in the version that the lockfile has and the tests ran on. */
function dependenciesOf(manifests) {
  const names = manifests.flatMap(({ dependencies = {} }) => Object.keys(dependencies)).filter((name) => !isOurs(name));
  return Object.fromEntries([...new Set(names)].sort().map((name) => [name, lock[`node_modules/${name}`].version]));
}

function copy(name, target, manifest) {
  mkdirSync(target, { recursive: true });
  for (const part of parts) {
    const source = join(root, folderOf(name), part);
    if (existsSync(source)) cpSync(source, join(target, part), { recursive: true, filter: (path) => !isLeftOut(path) });
  }
  writeJson(join(target, 'package.json'), manifest);
}

/** Of a package inside: its dependencies are the published package's own, so that none is there twice. */
function inner({ name, type, exports, main }, version) {
  const conditions = ({ default: file }) => ({ default: file });
  const entries = Object.entries(exports ?? {}).map(([entry, value]) => [entry, conditions(value)]);
  return { name, version, type, main, ...(exports === undefined ? {} : { exports: Object.fromEntries(entries) }) };
}

export function assemble(folder) {
  rmSync(folder, { recursive: true, force: true });
  const [[command, own], ...inside] = withNeeds('@torchweave/cli');
  const bundled = [...inside.map(([name]) => name), ...withStandIn].sort();
  copy(command, folder, {
    name: repository.name,
    version: repository.version,
    description: repository.description,
    keywords: ['torchserve', 'workflow', 'war', 'model-serving', 'inference', 'dag', 'machine-learning'],
    license: repository.license,
    type: own.type,
    engines: repository.engines,
    bin: own.bin,
    files: [...parts, 'README.md', 'LICENSE'],
    publishConfig: { access: 'public', provenance: true },
    dependencies: {
      // npm installs nothing for what lies inside: what that needs is needed here.
      ...dependenciesOf([own, ...inside.map(([, manifest]) => manifest), ...withStandIn.map(manifestOf)]),
      ...Object.fromEntries(inside.map(([name]) => [name, repository.version])),
      ...Object.fromEntries(withStandIn.map((name) => [name, manifestOf(name).version])),
    },
    bundleDependencies: bundled,
  });
  for (const [name, manifest] of inside) {
    copy(name, join(folder, 'node_modules', name), inner(manifest, repository.version));
  }
  for (const name of withStandIn) {
    cpSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), {
      recursive: true,
      dereference: true,
    });
  }
  for (const file of ['README.md', 'LICENSE']) cpSync(join(root, file), join(folder, file));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , folder] = process.argv;
  if (folder === undefined) {
    process.stderr.write('usage: assemble.mjs FOLDER\n');
    process.exitCode = 2;
  } else {
    assemble(resolve(folder));
  }
}
