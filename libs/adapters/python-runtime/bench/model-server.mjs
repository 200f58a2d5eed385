// Measures the local model server as built: `npm run build`, then `node bench/model-server.mjs [python]`.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@torchweave/application';
import { LocalModelServer } from '../dist/index.js';

const python = process.argv[2] ?? 'python3';
const root = mkdtempSync(join(tmpdir(), 'bench-'));
const unpacked = join(root, 'unpacked');
mkdirSync(join(unpacked, 'MAR-INF'), { recursive: true });
writeFileSync(join(unpacked, 'MAR-INF', 'MANIFEST.json'), JSON.stringify({ model: { handler: 'h.py' } }));
writeFileSync(
  join(unpacked, 'h.py'),
  'def handle(data, context):\n    if data: return [row["body"].upper() for row in data]\n',
);
writeFileSync(join(root, 'upper.mar'), '');

// The archive is unpacked already.
const archives = {
  put: () => Promise.resolve({ digest: 'upper', bytes: 0 }),
  open: () =>
    Promise.resolve({
      digest: 'upper',
      directory: unpacked,
      readText: () => Promise.resolve(JSON.stringify({ model: { handler: 'h.py' } })),
    }),
};

const percentile = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))];

const signal = new AbortController().signal;
const server = new LocalModelServer({
  python,
  logger: silentLogger,
  serverVersion: 'bench',
  modelStore: root,
  archives,
});

async function measure(name, clients, seconds) {
  const input = [{ name: 'body', value: Buffer.from('hello') }];
  const options = { requestId: 'r', headers: { host: 'localhost' }, timeoutMs: 10_000, signal };
  const times = [];
  const end = performance.now() + seconds * 1_000;
  const client = async () => {
    for (let began = performance.now(); began < end;) {
      await server.infer(name, input, options);
      const now = performance.now();
      times.push(now - began);
      began = now;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  times.sort((a, b) => a - b);
  const [p50, p99] = [0.5, 0.99].map((p) => percentile(times, p).toFixed(3));
  console.log(
    `${name}, ${clients} in flight`.padEnd(44),
    `${Math.round(times.length / seconds)} requests/s, p50 ${p50} ms, p99 ${p99} ms`,
  );
}

try {
  const model = { url: 'upper.mar', minWorkers: 1, maxWorkers: 1, responseTimeoutMs: 10_000 };
  await server.isHealthy(signal);
  const began = performance.now();
  await server.register({ ...model, name: 'single', batchSize: 1, maxBatchDelay: 10 }, signal);
  console.log('registration'.padEnd(44), `${(performance.now() - began).toFixed(1)} ms`);
  await server.register({ ...model, name: 'batched', batchSize: 16, maxBatchDelay: 2 }, signal);
  for (const clients of [1, 8, 32]) await measure('single', clients, 3);
  for (const clients of [8, 32, 96]) await measure('batched', clients, 3);
} finally {
  await server.close();
  rmSync(root, { recursive: true });
}
