// The CPU time that one inference costs the gateway: `npm run build && node bench/infer.mjs [bytes of a body]`.
// A server that echoes at once stands in for TorchServe, in a process of its own.
import { TorchServeModelServer } from '../dist/index.js';
import { measure, startEchoServer } from '../../../http-exchange/bench/echo-server.mjs';

const silentLogger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silentLogger };
const value = Buffer.alloc(Number(process.argv[2] ?? 20), 'x');
const inputs = {
  'one body': [{ name: 'body', value }],
  'two fields': [
    { name: 'left', value },
    { name: 'right', value, contentType: 'application/json' },
  ],
};
const headers = { 'user-agent': 'bench', accept: '*/*', 'content-type': 'application/json', 'content-length': '20' };

const echo = await startEchoServer();
const server = new TorchServeModelServer({ managementUrl: echo.url, inferenceUrl: echo.url, logger: silentLogger });
for (const round of ['warm-up', 'measured', 'measured']) {
  for (const [name, input] of Object.entries(inputs)) {
    const told = await measure(() => {
      const { signal } = new AbortController();
      return server.infer('echo', input, { requestId: 'b7e0', headers, timeoutMs: 10_000, signal });
    });
    if (round === 'measured') console.log(`infer, ${name}: ${told}`);
  }
}
await server.close();
echo.stop();
