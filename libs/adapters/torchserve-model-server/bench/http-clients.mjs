// Compares ways to make one HTTP call with undici: `node bench/http-clients.mjs`.
import { Pool } from 'undici';

import { measure, startEchoServer } from './echo-server.mjs';

const body = Buffer.from('{"text": "hello"}');
const headers = ['content-type', 'application/octet-stream', 'x-request-id', 'b7e0'];
const request = { method: 'POST', path: '/predictions/echo', headers, body };

const clients = {
  'pool.request': viaRequest,
  'pool.request with a signal': viaRequestWithSignal,
  'pool.dispatch': viaDispatch,
  'pool.dispatch, deprecated handler': viaDeprecatedDispatch,
};

const echo = await startEchoServer();
const pool = new Pool(echo.url, { connections: 64, headersTimeout: 0, bodyTimeout: 0 });
for (const round of ['warm-up', 'measured', 'measured']) {
  for (const [name, call] of Object.entries(clients)) {
    const told = await measure(call);
    if (round === 'measured') console.log(`${name}: ${told}`);
  }
}
await pool.close();
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

function viaDeprecatedDispatch() {
  return new Promise((resolve, reject) => {
    const chunks = [];
    pool.dispatch(request, {
      onConnect: () => undefined,
      onHeaders: () => true,
      onData: (chunk) => chunks.push(chunk) > 0,
      onComplete: () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)),
      onError: reject,
    });
  });
}
