import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

const calls = 60_000;
const inFlight = 32;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const echoed = Buffer.concat(chunks);
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': echoed.length }).end(echoed);
    });
  });
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
}

/** Starts this file as a process that echoes every request. */
export async function startEchoServer() {
  const echo = fork(fileURLToPath(import.meta.url));
  const port = await new Promise((resolve) => echo.once('message', resolve));
  return { url: `http://127.0.0.1:${port}`, stop: () => echo.kill() };
}

/** Makes 60,000 calls, 32 at a time, and tells the CPU time of this process for each. */
export async function measure(call) {
  let left = calls;
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left-- > 0) await call();
    }),
  );
  const { user, system } = process.cpuUsage(cpu);
  const perSecond = (calls / (performance.now() - startedAt)) * 1000;
  return `${((user + system) / calls).toFixed(1)} us CPU a call, ${perSecond.toFixed(0)} calls/s`;
}
