// From nothing to an answer: packs the digits sample, starts everything embedded, registers it and asks for a digit.
// --once ends after the answer; else it stays up until Ctrl-C.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const sample = `${root}samples/digits`;
const data = `${root}.torchweave`;
const stores = { workflows: `${data}/workflow-store`, models: `${data}/model-store` };
const torchweave = `${root}apps/cli/bin/torchweave.js`;
const picture = `${sample}/held-out/003-digit-7.png`;
const once = process.argv.includes('--once');

const say = (text) => process.stdout.write(`${text}\n`);
let running;
const fail = (text) => {
  process.stderr.write(`quickstart: ${text}\n`);
  running?.kill('SIGKILL');
  process.exit(1);
};

function run(...args) {
  const done = spawnSync(process.execPath, [torchweave, ...args], { encoding: 'utf8' });
  if (done.status !== 0) fail(`torchweave ${args.slice(0, 2).join(' ')}: ${done.stderr.trim()}`);
}

function packSample() {
  mkdirSync(stores.workflows, { recursive: true });
  mkdirSync(stores.models, { recursive: true });
  for (const model of ['logistic', 'network']) {
    const folder = `${sample}/models/${model}/digits_${model}`;
    const files = ['--handler', `${folder}.py`, '--extra-files', `${folder}.json`];
    run(
      'mar',
      'create',
      '--model-name',
      `digits_${model}`,
      '--version',
      '1.0',
      ...files,
      '--export-path',
      stores.models,
      '--force',
    );
  }
  const spec = ['--spec-file', `${sample}/workflow/digits.yaml`, '--handler', `${sample}/workflow/digits.py`];
  run('war', 'create', '--workflow-name', 'digits', ...spec, '--export-path', stores.workflows, '--force');
}

/** Starts `torchweave start` and resolves with its two addresses, or rejects with its last words. */
function startServer() {
  const flags = [
    '--workflow-store',
    stores.workflows,
    '--model-store',
    stores.models,
    '--data-dir',
    data,
    '--log-level',
    'warn',
    // What it says comes here through a pipe.
    ...(process.stderr.isTTY ? ['--log-format', 'text'] : []),
  ];
  const server = spawn(process.execPath, [torchweave, 'start', ...flags, ...passedOn()], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running = server;
  return new Promise((resolve, reject) => {
    let told = '';
    server.stderr.on('data', (chunk) => {
      told = (told + chunk).slice(-4000);
      process.stderr.write(chunk);
    });
    server.stdout.on('data', (chunk) => {
      const ready = /ready management (\S+) inference (\S+)/.exec(String(chunk));
      if (ready !== null) resolve({ server, management: ready[1], inference: ready[2] });
    });
    server.once('exit', () => reject(new Error(told.trim().split('\n').at(-1) ?? 'it ended')));
  });
}

/** Flags for the server, such as --management-port. */
function passedOn() {
  return process.argv.slice(2).filter((argument) => argument !== '--once');
}

async function ask(method, url, accepted) {
  const response = await fetch(url, { method });
  const answer = await response.json();
  if (!accepted.includes(response.status)) fail(answer.message);
  return { status: response.status, told: answer.status ?? answer.message };
}

/** What an earlier run has registered is what the sample was then: it gives way to what has just been packed. */
async function register(management) {
  const url = `${management}/workflows?url=digits.war`;
  const first = await ask('POST', url, [200, 409]);
  if (first.status === 200) return first.told;
  await ask('DELETE', `${management}/workflows/digits`, [200, 404]);
  return (await ask('POST', url, [200])).told;
}

async function predict(inference) {
  const response = await fetch(`${inference}/wfpredict/digits`, { method: 'POST', body: readFileSync(picture) });
  const answer = await response.json();
  if (response.status !== 200) fail(answer.message);
  return answer;
}

const startedAt = performance.now();
packSample();
const { server, management, inference } = await startServer().catch((error) => fail(error.message));
const stop = () => server.kill('SIGTERM');
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
say(`Registered:  ${await register(management)}`);
const answer = await predict(inference);
say(`Picture:     samples/digits/held-out/003-digit-7.png`);
say(`Answer:      digit ${answer.digit}, confidence ${answer.confidence}`);
say(`             ${Math.round(performance.now() - startedAt)} ms from the start of this command's own part`);
say(`Management:  ${management}`);
say(`Inference:   ${inference}`);
say(`Page:        ${management}/dashboard/`);
if (once) stop();
else {
  say('\nTry another one, or press Ctrl-C to stop:');
  say(`  curl -T samples/digits/held-out/002-digit-6.png ${inference}/wfpredict/digits`);
}
server.removeAllListeners('exit');
server.once('exit', (code) => process.exit(code ?? 1));
