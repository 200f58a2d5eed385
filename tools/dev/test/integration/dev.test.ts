import { Child } from '@torchweave/testing/process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const repository = fileURLToPath(new URL('../../../../', import.meta.url));
/** ms for a build on a busy machine. */
const longestBuildMs = 120_000;

/** A repository of its own, of one package whose command says what it was built of and stays up. */
let root: string;
let dev: Child;

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
const main = (said: string): string => `
declare const process: any, setInterval: any;
const words: string = ${said};
process.stdout.write(\`\${words} \${process.pid} \${process.argv.slice(2).join(' ')};\\n\`);
const stop = (): void => process.exit(0);
process.on('SIGTERM', stop);
setInterval(() => undefined, 1_000);
`;
const source = 'apps/cli/src/main.ts';
/** Fails for a page that says so. */
const pageBuild = `
import { readFileSync } from 'node:fs';
const page = readFileSync('apps/dashboard/src/page.tsx', 'utf8');
process.stdout.write(\`page of \${page};\\n\`);
process.exit(page === 'broken' ? 1 : 0);
`;
const runs = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
/** Waits for what the command says when it starts, and tells its process. */
const started = async (words: string): Promise<number> =>
  Number((await dev.waitForOutput(new RegExp(`^${words} (\\d+) start --a-flag;`, 'm'), longestBuildMs))[1]);

/** Whoever stops the tool has stopped all of it. */
async function expectAllEnded(signal: NodeJS.Signals, command: number): Promise<void> {
  await dev.end(signal);
  expect(dev.exitCode).toBe(0);
  expect(runs(command)).toBe(false);
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'torchweave-dev-'));
  cpSync(join(repository, 'tools/dev/run.mjs'), join(root, 'tools/dev/run.mjs'), { recursive: true });
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
  const options = {
    ...{ composite: true, module: 'nodenext', types: [], lib: ['es2022'] },
    rootDir: 'src',
    outDir: 'dist',
  };
  write('package.json', '{ "type": "module" }');
  write('tsconfig.json', JSON.stringify({ files: [], references: [{ path: 'apps/cli' }] }));
  write(
    'apps/cli/tsconfig.json',
    JSON.stringify({ compilerOptions: { ...options, noEmitOnError: true }, include: ['src'] }),
  );
  write('apps/cli/bin/torchweave.js', "import '../dist/main.js';\n");
  write('libs/adapters/some/python/run.py', 'first = True\n');
  write('apps/dashboard/src/page.tsx', 'one');
  write('apps/dashboard/build.mjs', pageBuild);
  write(source, main("'first'"));
  dev = Child.start(process.execPath, [join(root, 'tools/dev/run.mjs'), '--a-flag'], { cwd: root });
});
afterEach(async () => {
  await dev.end('SIGTERM');
  rmSync(root, { recursive: true, force: true });
});

describe('npm run dev', () => {
  it(
    'starts what it has built, anew on every change of TypeScript or Python, and ends on Ctrl-C',
    async () => {
      const first = await started('first');
      write(source, main("'second'"));
      const second = await started('second');
      expect(runs(first)).toBe(false);
      write('libs/adapters/some/python/run.py', 'first = False\n');
      await dev.waitForOutput(/run\.py has changed; restarting/, longestBuildMs);
      const again = new RegExp(`second ${second} [^]*second (?!${second} )(\\d+) `);
      const third = Number((await dev.waitForOutput(again, longestBuildMs))[1]);
      expect(runs(second)).toBe(false);
      await expectAllEnded('SIGINT', third);
    },
    3 * longestBuildMs,
  );

  it(
    'leaves the last good build running while one is broken, and says so',
    async () => {
      const first = await started('first');
      write(source, main('1'));
      await dev.waitForOutput(/the build is broken: what runs is the last good one/, longestBuildMs);
      expect(runs(first)).toBe(true);
      write(source, main("'mended'"));
      const mended = await started('mended');
      expect(runs(first)).toBe(false);
      await expectAllEnded('SIGTERM', mended);
    },
    3 * longestBuildMs,
  );

  it(
    'builds the page anew on every change of it, and leaves what runs while that fails',
    async () => {
      const first = await started('first');
      write('apps/dashboard/src/page.tsx', 'broken');
      await dev.waitForOutput(/page of broken;[^]*the build is broken: what runs is the last good one/, longestBuildMs);
      expect(runs(first)).toBe(true);
      write('apps/dashboard/src/page.tsx', 'two');
      const again = new RegExp(`page of two;[^]*page\\.tsx has changed; restarting[^]*first (?!${first} )(\\d+) `);
      const second = Number((await dev.waitForOutput(again, longestBuildMs))[1]);
      expect(runs(first)).toBe(false);
      await expectAllEnded('SIGINT', second);
    },
    3 * longestBuildMs,
  );
});
