// Compares ways to make one HTTP call: `node bench/http-clients.mjs`, on the built tree.
import { Cancellation } from '@torchweave/kernel';
import { Pool } from 'undici';

import { ConnectionPool } from '../dist/connection-pool.js';
import { measure, startEchoServer } from './echo-server.mjs';

const body = Buffer.from('{"text": "hello"}');
const headers = ['content-type', 'application/octet-stream', 'x-request-id', 'b7e0'];
const request = { method: 'POST', path: '/predictions/echo', headers, body };

const clients = {
  'undici, request': viaRequest,
  'undici, request with a signal': viaRequestWithSignal,
  'undici, dispatch': viaDispatch,
  'the ConnectionPool': viaConnectionPool,
};

const echo = await startEchoServer();
const { hostname: host, port } = new URL(echo.url);
const target = { host, port: Number(port), isSecure: false, connectTimeoutMs: 5_000 };
const ours = new ConnectionPool(target, `${host}:${port}`, 64);
const pool = new Pool(echo.url, { connections: 64, headersTimeout: 0, bodyTimeout: 0 });
for (const round of ['warm-up', 'measured', 'measured']) {
  for (const [name, call] of Object.entries(clients)) {
    const told = await measure(call);
    if (round === 'measured') console.log(`${name}: ${told}`);
  }
}
await pool.close();
ours.close();
echo.stop();

async function viaRequest() {
  const answer = await pool.request(request);
  return Buffer.from(await answer.body.arrayBuffer());
}

async function viaRequestWithSignal() {
  const { signal } = new AbortController();
  const answer = await pool.request({ ...request, signal });
  return Buffer.from(await answer.body.arrayBuffer());
}

function viaDispatch() {
  return new Promise((resolve, reject) => {
    const chunks = [];
    pool.dispatch(request, {
      onRequestStart: () => undefined,
      onResponseStart: () => undefined,
      onResponseData: (_controller, chunk) => chunks.push(chunk),
      onResponseEnd: () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)),
      onResponseError: (_controller, error) => reject(error),
    });
  });
}

function viaConnectionPool() {
  return ours.exchange(request, { timeoutMs: 10_000, signal: new Cancellation(), maxAnswerBytes: 1_000_000 });
}
