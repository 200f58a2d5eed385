// What is new, for whoever uses Torchweave: one file a change in .changeset, in the form of changesets; a release gathers
// them in CHANGELOG.md and gives every package of the repository the next version.
//   npm run changeset -- minor "What is new."     writes such a file; major, minor or patch
//   npm run changeset:status                      what the next release would say
//   npm run changeset:version                     makes it so; the root's package.json is where the version is said
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = process.cwd();
const at = (...parts) => join(root, ...parts);
const readJson = (path) => JSON.parse(readFileSync(at(path), 'utf8'));
const writeJson = (path, value) => writeFileSync(at(path), `${JSON.stringify(value, null, 2)}\n`);

const kinds = ['major', 'minor', 'patch'];
const headings = { major: 'Breaking', minor: 'New', patch: 'Mended' };
const project = readJson('package.json');

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

function readChange(file) {
  const text = readFileSync(at('.changeset', file), 'utf8');
  const [, name, kind, summary] = /^---\n['"]?([^'":]+)['"]?: *(\w+)\n---\n+([^]+)$/.exec(text) ?? [];
  if (name !== project.name || !kinds.includes(kind) || summary.trim() === '')
    fail(
      `.changeset/${file}: it must begin with "---", "'${project.name}': major|minor|patch", "---", then say what is new`,
    );
  return { file, kind, summary: summary.trim() };
}

const readChanges = () =>
  readdirSync(at('.changeset'))
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .sort()
    .map(readChange);

function nextVersion(changes) {
  const kind = kinds.find((each) => changes.some((change) => change.kind === each));
  const parts = project.version.split('.').map(Number);
  // Before 1.0.0 what breaks is the middle number's.
  const place = Math.max(kinds.indexOf(kind), parts[0] === 0 ? 1 : 0);
  return parts.map((part, index) => (index < place ? part : index === place ? part + 1 : 0)).join('.');
}

const asItem = (summary) => `- ${summary.replaceAll('\n', '\n  ')}\n`;

function sectionOf(version, changes) {
  const groups = kinds.map((kind) => [headings[kind], changes.filter((change) => change.kind === kind)]);
  const texts = groups
    .filter(([, found]) => found.length > 0)
    .map(([heading, found]) => `### ${heading}\n\n${found.map(({ summary }) => asItem(summary)).join('')}`);
  return `## ${version}\n\n${texts.join('\n')}`;
}

/** Gives every package of the repository, and the lockfile's words of it, one version. */
function setVersion(version) {
  const lock = readJson('package-lock.json');
  const places = Object.keys(lock.packages).filter(
    (place) => !place.includes('node_modules') && !place.includes('stand-ins'),
  );
  const ours = new Set(places.map((place) => readJson(join(place, 'package.json')).name));
  const lift = (manifest) => {
    manifest.version = version;
    for (const field of ['dependencies', 'devDependencies'])
      for (const name of Object.keys(manifest[field] ?? {})) if (ours.has(name)) manifest[field][name] = version;
    return manifest;
  };
  for (const place of places) {
    const path = join(place, 'package.json');
    writeJson(path, lift(readJson(path)));
    lift(lock.packages[place]);
  }
  lock.version = version;
  writeJson('package-lock.json', lock);
}

function add([kind, summary]) {
  if (!kinds.includes(kind) || !summary) fail('usage: npm run changeset -- major|minor|patch "What is new."');
  const words = summary.toLowerCase().match(/[a-z0-9]+/g) ?? ['change'];
  const digest = createHash('sha256').update(summary).digest('hex').slice(0, 6);
  const file = join('.changeset', `${words.slice(0, 4).join('-')}-${digest}.md`);
  writeFileSync(at(file), `---\n'${project.name}': ${kind}\n---\n\n${summary}\n`);
  process.stdout.write(`${file}\n`);
}

function status() {
  const changes = readChanges();
  process.stdout.write(
    changes.length === 0 ? `nothing is new since ${project.version}\n` : sectionOf(nextVersion(changes), changes),
  );
}

function release() {
  const changes = readChanges();
  if (changes.length === 0) fail(`nothing is new since ${project.version}`);
  const version = nextVersion(changes);
  const title = '# Changelog\n';
  const before = existsSync(at('CHANGELOG.md')) ? readFileSync(at('CHANGELOG.md'), 'utf8').slice(title.length) : '';
  writeFileSync(at('CHANGELOG.md'), `${title}\n${sectionOf(version, changes)}${before}`);
  for (const { file } of changes) rmSync(at('.changeset', file));
  setVersion(version);
  process.stdout.write(`${version}\n`);
}

const commands = { add, status, version: release };
const [command = '', ...rest] = process.argv.slice(2);
if (!Object.hasOwn(commands, command)) fail(`usage: changes.mjs ${Object.keys(commands).join('|')}`);
commands[command](rest);
