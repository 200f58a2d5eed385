import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { layers, testImports } from './layers.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

const matches = (name, pattern) =>
  pattern.endsWith('/*') || pattern.endsWith(':*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
const packageOf = (name) =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');

const manifests = new Map();
function manifestAt(folder) {
  if (!manifests.has(folder)) {
    const path = join(root, folder, 'package.json');
    manifests.set(folder, existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined);
  }
  return manifests.get(folder);
}

/** The package that a file belongs to. */
function ownerOf(file) {
  for (let folder = dirname(file); folder !== '.'; folder = dirname(folder)) if (manifestAt(folder)) return folder;
  return '.';
}

function isDeclared(name, { owner, isTest, isBundled }) {
  if (name.startsWith('node:')) return true;
  const { name: own, dependencies = {}, devDependencies = {} } = manifestAt(owner) ?? {};
  const development =
    isTest || isBundled || owner.startsWith('tools/') ? { ...devDependencies, ...manifestAt('.').devDependencies } : {};
  const wanted = packageOf(name);
  return wanted === own || wanted in dependencies || wanted in development;
}

function faultOf(name, place) {
  const { file, owner, isTest } = place;
  if (name.startsWith('.')) {
    const target = relative(root, join(root, dirname(file), name))
      .split(sep)
      .join('/');
    return target.startsWith(`${owner}/`)
      ? undefined
      : 'a package is imported by its name, not by the path of its file';
  }
  const layer = layers.find(({ files }) => file.startsWith(`${files}/`));
  if (layer === undefined) return 'the file lies in no layer: tools/lint/layers.js says which there are';
  const own = manifestAt(owner)?.name;
  const allowed = [...layer.imports, ...(isTest ? [own, ...(layer.tests ?? []), ...testImports] : [])];
  if (!allowed.some((pattern) => matches(name, pattern))) return layer.name;
  return isDeclared(name, { ...place, isBundled: layer.isBundled })
    ? undefined
    : `${packageOf(name)} is not in the dependencies of ${owner}/package.json`;
}

function placeOf(filename) {
  const file = relative(root, filename).split(sep).join('/');
  return { file, owner: ownerOf(file), isTest: /\.test\.ts$|\/test\//.test(file) };
}

/** An ESLint rule: what is not on the layer's list, or not in the package's dependencies, is not imported. */
export const mayImport = {
  meta: { type: 'problem', schema: [], messages: { refused: "'{{name}}' may not be imported here: {{why}}." } },
  create(context) {
    const place = placeOf(context.filename);
    const check = (node) => {
      const name = node.source?.value;
      if (typeof name !== 'string') return;
      const why = faultOf(name, place);
      if (why !== undefined) context.report({ node, messageId: 'refused', data: { name, why } });
    };
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      TSImportType: check,
    };
  },
};
