// Measures the function runtime as built: `npm run build`, then `node bench/function-runtime.mjs [python]`.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@torchweave/application';
import { PythonFunctionRuntime, scrubbedEnvironment } from '../dist/index.js';

const python = process.argv[2] ?? 'python3';
const directory = mkdtempSync(join(tmpdir(), 'bench-'));
writeFileSync(
  join(directory, 'h.py'),
  'def same(data, context):\n    if data: return [data[0]["body"]]\n' +
    'def head(data, context):\n    if data: return [context.get_request_header(0, "x-client")]\n',
);
const manifest = {
  createdOn: 'now',
  archiverVersion: '0.2.15',
  workflow: { workflowName: 'bench', specFile: 's.yaml' },
};
const unit = (id) => ({
  id,
  workflow: 'bench',
  manifest,
  directory,
  handlerFile: 'h.py',
  functions: [
    { name: 'same', modelName: 'bench__same' },
    { name: 'head', modelName: 'bench__head' },
  ],
});
const signal = new AbortController().signal;
const headers = { 'x-client': 'bench', host: 'localhost', accept: '*/*' };
const options = { requestId: 'request-1', headers, timeoutMs: 10_000, signal };

const percentile = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))];
const show = (name, value) => console.log(name.padEnd(44), value);

async function load(runtime, name, bytes, clients, seconds) {
  const input = [{ name: 'body', value: Buffer.alloc(bytes, 'x') }];
  const times = [];
  const end = performance.now() + seconds * 1_000;
  const client = async () => {
    for (let began = performance.now(); began < end;) {
      await runtime.call('bench', name, input, options);
      const now = performance.now();
      times.push(now - began);
      began = now;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  times.sort((a, b) => a - b);
  const p50 = percentile(times, 0.5).toFixed(3);
  const p99 = percentile(times, 0.99).toFixed(3);
  show(
    `${name}, ${bytes} bytes, ${clients} in flight`,
    `${Math.round(times.length / seconds)} calls/s, p50 ${p50} ms, p99 ${p99} ms`,
  );
}

const memory = (pid) => {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss: +(\d+)/m.exec(text)[1]) / 1_024;
};

const runtime = new PythonFunctionRuntime({
  python,
  logger: silentLogger,
  serverVersion: 'bench',
  environment: scrubbedEnvironment(process.env),
  maxProcessesPerUnit: 1,
});
try {
  let began = performance.now();
  await runtime.start();
  show('start of the supervisor', `${(performance.now() - began).toFixed(1)} ms`);
  const times = [];
  for (let i = 0; i < 20; i += 1) {
    began = performance.now();
    await runtime.load(unit(`one-${i}`));
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  show('load of a unit, p50', `${percentile(times, 0.5).toFixed(1)} ms`);
  began = performance.now();
  await Promise.all(Array.from({ length: 100 }, (_, i) => runtime.load(unit(`many-${i}`))));
  show('load of 100 units at once', `${(performance.now() - began).toFixed(0)} ms`);
  const childrenOf = (pid) =>
    execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
      .trim()
      .split('\n');
  const [keeper] = childrenOf(process.pid);
  const [supervisor] = childrenOf(keeper);
  const pids = childrenOf(supervisor);
  const pss = pids.map(memory);
  show(
    `memory of one of ${pids.length} idle units`,
    `${(pss.reduce((a, b) => a + b) / pids.length).toFixed(2)} MB PSS`,
  );
  await Promise.all(Array.from({ length: 100 }, (_, i) => runtime.unload(`many-${i}`)));
  await Promise.all(Array.from({ length: 20 }, (_, i) => runtime.unload(`one-${i}`)));

  await runtime.load(unit('bench'));
  await load(runtime, 'same', 3, 32, 1);
  await load(runtime, 'same', 3, 1, 3);
  await load(runtime, 'same', 3, 8, 3);
  await load(runtime, 'same', 3, 32, 3);
  await load(runtime, 'head', 3, 32, 3);
  await load(runtime, 'same', 1_000, 32, 3);
  await load(runtime, 'same', 1_000_000, 1, 3);
  await load(runtime, 'same', 1_000_000, 8, 3);
} finally {
  await runtime.close();
  rmSync(directory, { recursive: true });
}
