// Builds the page into dist/, when one of its sources has changed since, and refuses more script than a page may have.
//   node apps/dashboard/build.mjs
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '../..');
const dist = join(here, 'dist');
const stamp = join(dist, '.stamp');
/** Bytes of script, gzipped: what a slow line loads before the page shows anything. */
const mostScript = 250_000;

const sources = ['build.mjs', 'index.html', 'package.json', 'tsconfig.json'].map((name) => join(here, name));
const under = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name));

function digest() {
  const hash = createHash('sha256');
  const files = [...sources, ...under(join(here, 'src')), ...under(join(root, 'libs/dashboard-contract/src'))];
  for (const file of [...files.sort(), join(root, 'package-lock.json')]) hash.update(file).update(readFileSync(file));
  return hash.digest('hex');
}

async function build() {
  const { build: bundle } = await import('vite');
  await bundle({
    root: here,
    configFile: false,
    base: '/dashboard/',
    logLevel: 'error',
    resolve: { conditions: ['@torchweave/source', 'module', 'browser', 'production'] },
    build: {
      outDir: dist,
      emptyOutDir: true,
      target: 'es2023',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  });
  const assets = join(dist, 'assets');
  const scripts = readdirSync(assets).filter((name) => name.endsWith('.js'));
  const size = scripts.reduce((sum, name) => sum + gzipSync(readFileSync(join(assets, name))).length, 0);
  if (size > mostScript)
    throw new Error(`The page has ${size} bytes of script, gzipped; at most ${mostScript} may be.`);
  process.stdout.write(`dashboard: ${Math.round(size / 1_000)} kB of script, gzipped\n`);
}

const wanted = digest();
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  await build();
  writeFileSync(stamp, wanted);
}
