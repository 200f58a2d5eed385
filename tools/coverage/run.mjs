// Runs the unit and integration tests under v8's coverage and tells the figures of each layer as a table.
//   npm run coverage                 npm run coverage -- --project unit
// What tests start as processes of their own (the command, what reads archives, all of the end-to-end tier) is not counted.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const summary = `${root}coverage/coverage-summary.json`;
const measures = ['lines', 'branches', 'functions'];

/** Layers by where their packages lie, in the order of the imports; a package that is in none is told by its own name. */
const layers = [
  ['kernel', /^libs\/kernel\//],
  ['domain', /^libs\/domain\//],
  ['application', /^libs\/application\//],
  ['adapters', /^libs\/(adapters\/|redis-client\/|http-exchange\/|archive-format\/)/],
  ['platform', /^libs\/(platform|composition)\//],
  ['apps', /^apps\//],
];

function layerOf(file) {
  const path = relative(root, file).split(sep).join('/');
  return layers.find(([, files]) => files.test(path))?.[0] ?? path.split('/').slice(0, 2).join('/');
}

const none = () => ({
  files: 0,
  ...Object.fromEntries(measures.map((measure) => [measure, { total: 0, covered: 0 }])),
});

function add(sum, figures) {
  sum.files += 1;
  for (const measure of measures) {
    sum[measure].total += figures[measure].total;
    sum[measure].covered += figures[measure].covered;
  }
}

function row(name, sum) {
  const shares = measures.map((measure) => {
    const { total, covered } = sum[measure];
    return total === 0 ? '-' : `${((100 * covered) / total).toFixed(1)} %`;
  });
  return `| ${[name, sum.files, ...shares].join(' | ')} |\n`;
}

function table({ total: _total, ...files }) {
  const sums = new Map(layers.map(([name]) => [name, none()]));
  const all = none();
  for (const [file, figures] of Object.entries(files)) {
    const layer = layerOf(file);
    if (!sums.has(layer)) sums.set(layer, none());
    for (const sum of [sums.get(layer), all]) add(sum, figures);
  }
  const rows = [...sums].map(([name, sum]) => row(name, sum));
  return `| layer | files | ${measures.join(' | ')} |\n|---|---|---|---|---|\n${rows.join('')}${row('all', all)}`;
}

rmSync(summary, { force: true });
const given = process.argv.slice(2);
const tiers = given.length > 0 ? given : ['--project', 'unit', '--project', 'integration'];
const args = [
  'vitest',
  'run',
  ...tiers,
  '--coverage',
  '--coverage.reporter=json-summary',
  '--coverage.reportOnFailure',
];
const { status } = spawnSync('npx', args, { cwd: root, stdio: 'inherit' });
process.stdout.write(`\n${table(JSON.parse(readFileSync(summary, 'utf8')))}`);
process.exitCode = status ?? 1;
