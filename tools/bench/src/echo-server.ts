/**
 * `node dist/echo-server.js`: a trivial HTTP server in a model server's place. It answers every prediction with the body
 * that it was sent, and the management calls of Torchweave's TorchServe driver as TorchServe would.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Model {
  readonly url: string;
  readonly batchSize: number;
  readonly maxBatchDelay: number;
  readonly responseTimeout: number;
  readonly minWorkers: number;
  readonly maxWorkers: number;
}

const models = new Map<string, Model>();

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const path = request.url ?? '/';
    if (path.startsWith('/predictions/')) answer(response, 200, Buffer.concat(chunks));
    else manage(request.method ?? 'GET', new URL(path, 'http://echo'), response);
  });
});
server.listen(0, '127.0.0.1', () => console.log(`ready ${(server.address() as AddressInfo).port}`));

function answer(response: ServerResponse, status: number, body: Buffer | object): void {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length }).end(bytes);
}

function manage(method: string, { pathname, searchParams }: URL, response: ServerResponse): void {
  const name = decodeURIComponent(pathname.split('/')[2] ?? '');
  const held = models.get(name);
  const number = (key: string): number => Number(searchParams.get(key) ?? 1);
  if (pathname === '/ping') return answer(response, 200, { status: 'Healthy' });
  if (pathname === '/models' && method === 'GET') {
    return answer(response, 200, { models: [...models].map(([modelName, { url }]) => ({ modelName, modelUrl: url })) });
  }
  if (pathname === '/models' && method === 'POST') {
    const workers = number('initial_workers');
    models.set(searchParams.get('model_name') ?? '', {
      url: searchParams.get('url') ?? '',
      batchSize: number('batch_size'),
      maxBatchDelay: number('max_batch_delay'),
      responseTimeout: number('response_timeout'),
      minWorkers: workers,
      maxWorkers: workers,
    });
    return answer(response, 200, { status: 'registered' });
  }
  if (held === undefined) {
    return answer(response, 404, { code: 404, type: 'ModelNotFoundException', message: `Model not found: ${name}` });
  }
  if (method === 'PUT') {
    models.set(name, { ...held, minWorkers: number('min_worker'), maxWorkers: number('max_worker') });
  }
  if (method === 'DELETE') models.delete(name);
  answer(response, 200, method === 'GET' ? [describe(name, held)] : { status: 'done' });
}

function describe(modelName: string, { url, minWorkers, ...settings }: Model): object {
  const workers = Array.from({ length: minWorkers }, (_, id) => ({ id: String(id), status: 'READY' }));
  return { modelName, modelVersion: '1.0', modelUrl: url, minWorkers, ...settings, workers };
}
