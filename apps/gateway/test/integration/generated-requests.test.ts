import {
  ModelServerFleet,
  RoutingTable,
  RunWorkflow,
  silentLogger,
  type ArchiveStore,
  type FunctionRuntime,
  type Logger,
  type WorkflowRecord,
  type WorkflowState,
} from '@torchweave/application';
import { defineWorkflow, parseManifest, parseSpec } from '@torchweave/domain';
import { createGatewayServer } from '@torchweave/gateway';
import { HttpAdmission, loadSettings, openAdmission } from '@torchweave/platform';
import { manifestText, specText } from '@torchweave/testing/builders';
import { emptyPorts } from '@torchweave/testing/empty-ports';
import type { FastifyInstance } from 'fastify';
import fc from 'fast-check';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const batches = 500;
const requestsOfABatch = 20;
/** ms after which a connection that is neither answered nor closed counts as hung. */
const longestAnswerMs = 20_000;

const record: WorkflowRecord = {
  schemaVersion: 1,
  phase: 'ready',
  revision: 1,
  operationId: 'o',
  changedAt: '2026-01-01T00:00:00Z',
  definition: defineWorkflow({
    ...{ url: 'echo.war', digest: 'd' },
    manifest: parseManifest(manifestText({ workflowName: 'echo' })),
    spec: parseSpec(specText({ models: {}, dag: { echo: [] } }), 'spec.yaml'),
  }),
};
const state: WorkflowState = {
  ...emptyPorts.state,
  summary: () => Promise.resolve({ ready: 1, revision: 1 }),
  get: (name) => Promise.resolve(name === 'echo' ? record : undefined),
  changesSince: (revision) => Promise.resolve(revision === 0 ? [{ workflow: 'echo', revision: 1, record }] : []),
};
const archives: ArchiveStore = {
  ...emptyPorts.archives,
  open: (digest) =>
    Promise.resolve({
      digest,
      directory: '/nowhere',
      ...{ readText: () => Promise.resolve(undefined), readBytes: () => Promise.resolve(undefined) },
    }),
};
/** Answers the first field, its content type and the client's headers, whatever they are. */
const functions: FunctionRuntime = {
  ...emptyPorts.functions,
  call: (_unit, _name, [first], { headers }) =>
    Promise.resolve({
      value: first?.value ?? Buffer.alloc(0),
      contentType: first?.contentType ?? 'text/plain',
      headers,
    }),
};

/** Bytes as clients write them and as they do not. */
const token = fc.oneof(
  fc.constantFrom('a', 'content-type', 'x-y', 'Accept', 'Cookie', 'te'),
  fc.string({ maxLength: 12 }),
);
const binary = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const text = fc.oneof(fc.string({ maxLength: 40 }), binary, fc.string({ unit: 'grapheme', maxLength: 20 }));
const method = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS') },
  { weight: 1, arbitrary: token },
);
const target = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom('/wfpredict/echo', '/wfpredict/echo/1.0', '/wfpredict/nosuch', '/ping', '/', '*'),
  },
  { weight: 2, arbitrary: fc.webPath() },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom('/wfpredict/', '/health/', '/'), text).map((parts) => parts.join('')),
  },
  { weight: 1, arbitrary: fc.webUrl() },
);
const query = fc.oneof(
  fc.constant(''),
  fc.webQueryParameters().map((given) => `?${given}`),
  text.map((given) => `?${given}`),
);
const boundary = 'XX';
const contentType = fc.constantFrom(
  ...['application/json', 'text/plain; charset=utf-8', 'application/x-www-form-urlencoded', 'application/octet-stream'],
  ...[`multipart/form-data; boundary=${boundary}`, 'multipart/form-data', 'a', '', ';;', 'text/\tplain'],
);
const part = fc
  .tuple(fc.constantFrom('content-disposition: form-data; name="a"', 'content-disposition: form-data', ''), text, text)
  .map(([disposition, header, value]) => `--${boundary}\r\n${disposition}\r\n${header}\r\n\r\n${value}\r\n`);
const body = fc.oneof(
  text,
  fc.json(),
  fc.array(part, { maxLength: 4 }).map((parts) => `${parts.join('')}--${boundary}--\r\n`),
);
const header = fc.tuple(token, text).map(([name, value]) => `${name}: ${value}`);

/** A request that is whole, or close to it. */
const generated = fc
  .record({
    method,
    target,
    query,
    contentType,
    body,
    headers: fc.array(header, { maxLength: 5 }),
    length: fc.integer({ min: -2, max: 2 }),
  })
  .map(({ length, ...given }) => {
    const size = Math.max(0, Buffer.byteLength(given.body, 'latin1') + (Math.abs(length) === 2 ? length : 0));
    const lines = [
      `${given.method} ${given.target}${given.query} HTTP/1.1`,
      'host: localhost',
      'connection: close',
      `content-type: ${given.contentType}`,
      length === 1 ? 'transfer-encoding: chunked' : `content-length: ${size}`,
      ...given.headers,
    ];
    return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${given.body}`, 'latin1');
  });

describe('the inference API under generated requests', () => {
  let server: FastifyInstance;
  let port: number;
  const unnamed: unknown[] = [];
  const logger: Logger = { ...silentLogger, error: (event, message) => unnamed.push([message, event]) };

  beforeAll(async () => {
    const { settings } = loadSettings({ flags: {}, environment: {} });
    const { admission } = await openAdmission(settings, 'inference', silentLogger);
    const table = new RoutingTable('generated', { ...emptyPorts, state, archives, functions, logger });
    await table.start();
    server = createGatewayServer({
      ...{ table, logger, maxRequestSize: 10_000, unreadiness: () => undefined },
      runner: new RunWorkflow(functions, new ModelServerFleet([], silentLogger)),
      // A body that is shorter than it says is given up soon.
      admission: new HttpAdmission({
        ...admission.options,
        limits: { ...admission.options.limits, requestTimeout: 2_000, headersTimeout: 1_000 },
      }),
    });
    port = Number(new URL(await server.listen({ port: 0, host: '127.0.0.1' })).port);
    await table.leave();
  });
  afterAll(() => server.close());

  /** Sends bytes as they are. @returns all that comes until the server closes the connection. */
  async function send(bytes: Uint8Array): Promise<string> {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    let answer = '';
    socket.setEncoding('latin1').on('data', (piece: string) => (answer += piece));
    // Half closed: what a body lacks does not come any more.
    socket.end(bytes);
    const hung = setTimeout(
      () => socket.destroy(new Error(`hung: ${JSON.stringify(Buffer.from(bytes).toString('latin1'))}`)),
      longestAnswerMs,
    );
    const failure = once(socket, 'error').then(([error]) => error as NodeJS.ErrnoException);
    await once(socket, 'close');
    clearTimeout(hung);
    const error = await Promise.race([failure, Promise.resolve(undefined)]);
    if (error !== undefined && error.code === undefined) throw error;
    return answer;
  }

  it(
    'answers ten thousand of them without a crash, a hang, or an error whose cause is not named',
    { timeout: 600_000 },
    async () => {
      const statuses = new Map<string, number>();
      const batch = fc.array(generated, { minLength: requestsOfABatch, maxLength: requestsOfABatch });
      const answered = fc.asyncProperty(batch, async (requests) => {
        for (const answer of await Promise.all(requests.map(send))) {
          const status = /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 'closed';
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
          expect(answer).not.toContain('An unexpected error happened');
          if (Number(status) >= 400 && !answer.endsWith('\r\n\r\n')) expect(answer).toMatch(/"type": "\w+Exception"/);
        }
        expect(unnamed).toEqual([]);
      });
      await fc.assert(answered, { numRuns: batches, endOnFailure: true });
      // They reach every part of the server, not only its parser.
      for (const status of ['200', '400', '404', '405'])
        expect([status, statuses.get(status)]).toEqual([status, expect.any(Number)]);
      expect((await fetch(`http://127.0.0.1:${port}/health/live`)).status).toBe(200);
    },
  );
});
