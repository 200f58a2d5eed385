// Builds on every change of a source and starts `torchweave start` anew with what came of it, until Ctrl-C.
//   npm run dev -- --workflow-store samples/store     flags are those of `torchweave start`
// A build that fails replaces nothing: the last good one goes on.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const command = [join(root, 'apps/cli/bin/torchweave.js'), 'start', ...process.argv.slice(2)];
/** Does nothing where no source of the page has changed. */
const pageBuild = join(root, 'apps/dashboard/build.mjs');
const compiler = [join(root, 'node_modules/typescript/bin/tsc'), '-b', '--watch', '--preserveWatchOutput'];
/** ms of quiet after which a change is complete: editors write a file in several steps. */
const quietMs = 200;

const say = (text) => process.stdout.write(`dev: ${text}\n`);

let server;
let isStopping = false;
let isBuilt = false;
let wantsRestart = false;

/** In a group of its own: a Ctrl-C of the terminal comes here alone, and goes on from here once. */
const start = (args, stdio) => spawn(process.execPath, args, { cwd: root, stdio, detached: true });

function startServer() {
  const started = start(['--max-semi-space-size=32', ...command], 'inherit');
  server = started;
  started.once('exit', (code, signal) => {
    server = undefined;
    if (isStopping) return finish();
    if (wantsRestart) return restart();
    say(`torchweave has ended (${signal ?? code}); the next change starts it again`);
  });
}

/** The old one finishes what is under way, and then the new one starts. */
function restart() {
  wantsRestart = server !== undefined;
  if (wantsRestart) server.kill('SIGTERM');
  else startServer();
}

const buildPage = () => spawnSync(process.execPath, [pageBuild], { cwd: root, stdio: 'inherit' }).status === 0;

function onBuild(found) {
  if (found > 0 || !buildPage()) return sayBroken();
  isBuilt = true;
  say(server === undefined ? 'built; starting' : 'built; restarting');
  restart();
}

function sayBroken() {
  if (server !== undefined) say('the build is broken: what runs is the last good one');
  else say(isBuilt ? 'the build is broken' : 'the build is broken: nothing runs until one succeeds');
}

function followCompiler() {
  const started = start(compiler, ['ignore', 'pipe', 'inherit']);
  let line = '';
  started.stdout.setEncoding('utf8').on('data', (text) => {
    process.stdout.write(text);
    const lines = (line + text).split('\n');
    line = lines.pop();
    for (const each of lines) {
      const errors = /Found (\d+) errors?\./.exec(each)?.[1];
      if (errors !== undefined && !isStopping) onBuild(Number(errors));
    }
  });
  started.once('exit', (code) => {
    if (!isStopping) stop(`the compiler has ended (${code})`);
    else finish();
  });
  return started;
}

/** Folders of what the compiler does not follow: Python and Lua, which are read as they are, and the page, which is bundled. */
function uncompiled() {
  const packages = ['apps', 'libs', 'libs/adapters'].flatMap((folder) =>
    existsSync(join(root, folder)) ? readdirSync(join(root, folder)).map((name) => join(root, folder, name)) : [],
  );
  const readAsTheyAre = packages.flatMap((folder) => ['python', 'lua'].map((name) => join(folder, name)));
  return [...readAsTheyAre, join(root, 'apps/dashboard/src')].filter(existsSync);
}

function followUncompiled() {
  let timer;
  return uncompiled().map((folder) =>
    watch(folder, { recursive: true }, (_, file) => {
      if (file === null || !/\.(py|lua|tsx?|css|svg)$/.test(file)) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (isStopping || !isBuilt) return;
        if (!buildPage()) return sayBroken();
        say(`${file} has changed; restarting`);
        restart();
      }, quietMs);
    }),
  );
}

const watchers = followUncompiled();
const tsc = followCompiler();

function finish() {
  if (server === undefined && tsc.exitCode === null && tsc.signalCode === null) tsc.kill('SIGTERM');
}

/** The compiler goes last: with it goes the last thing that keeps this process. */
function stop(why) {
  if (isStopping) {
    // Whoever asks twice does not wait.
    server?.kill('SIGKILL');
    return;
  }
  isStopping = true;
  say(`${why}; stopping`);
  for (const watcher of watchers) watcher.close();
  if (server === undefined) finish();
  else server.kill('SIGTERM');
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(signal));
// An error of this tool's own leaves nothing behind either.
process.on('exit', () => {
  server?.kill('SIGTERM');
  tsc.kill('SIGTERM');
});
