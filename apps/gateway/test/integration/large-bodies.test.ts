import {
  ModelServerFleet,
  RoutingTable,
  RunWorkflow,
  silentLogger,
  type WorkflowRecord,
  type WorkflowState,
} from '@torchweave/application';
import { createParts, type Parts } from '@torchweave/composition';
import { defineWorkflow, parseManifest, parseSpec } from '@torchweave/domain';
import { createGatewayServer } from '@torchweave/gateway';
import { loadSettings, Monitoring, WorkflowMetrics } from '@torchweave/platform';
import { manifestText, specText, workflowFiles } from '@torchweave/testing/builders';
import { emptyPorts } from '@torchweave/testing/empty-ports';
import type { FastifyInstance } from 'fastify';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const spec = specText({
  settings: { 'retry-attempts': 2, 'timeout-ms': 2_000 },
  models: {},
  dag: { first: ['left', 'right'], left: ['last'], right: ['last'] },
});
/** What a body begins with says what becomes of it. */
const handler = `
import os, time

def first(data, context):
    if data is None:
        return None
    body = data[0]["body"]
    kind, name = bytes(body[:64]).split()[:2]
    tried = name.decode() + ".tried"
    if not os.path.exists(tried):
        open(tried, "w").close()
        if kind == b"raises":
            raise ValueError("once")
        if kind == b"dies":
            os._exit(1)
        if kind == b"sleeps":
            time.sleep(10)
    return [body]

def left(data, context):
    return None if data is None else [data[0]["body"][::2]]

def right(data, context):
    return None if data is None else [data[0]["body"][1::2]]

def last(data, context):
    if data is None:
        return None
    both = bytearray(len(data[0]["left"]) + len(data[0]["right"]))
    both[::2] = data[0]["left"]
    both[1::2] = data[0]["right"]
    return [both]
`;

const discarded = Buffer.alloc(65_536);

/** A gateway with real Python, and one workflow that takes a body apart and puts it together again. */
describe('predictions with large bodies', () => {
  const directory = mkdtempSync(join(tmpdir(), 'torchweave-bodies-'));
  let parts: Parts;
  let table: RoutingTable;
  let server: FastifyInstance;
  let address: string;

  beforeAll(async () => {
    for (const [path, content] of Object.entries(workflowFiles({ name: 'halves', spec, handler }))) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), content);
    }
    const { settings } = loadSettings({ flags: { dataDir: directory }, environment: {} });
    const logger = silentLogger;
    parts = createParts({ settings, environment: process.env, logger, isOneProcess: true });
    const record: WorkflowRecord = {
      ...{ schemaVersion: 1, phase: 'ready', revision: 1, operationId: 'o', changedAt: '2026-01-01T00:00:00Z' },
      definition: defineWorkflow({
        ...{ url: 'halves.war', digest: 'd' },
        manifest: parseManifest(manifestText({ workflowName: 'halves' })),
        spec: parseSpec(spec, 'spec.yaml'),
      }),
    };
    const state: WorkflowState = {
      ...emptyPorts.state,
      changesSince: (revision) => Promise.resolve(revision === 0 ? [{ workflow: 'halves', revision: 1, record }] : []),
    };
    const archives = {
      ...emptyPorts.archives,
      open: (digest: string) =>
        Promise.resolve({
          digest,
          directory,
          ...{ readText: () => Promise.resolve(undefined), readBytes: () => Promise.resolve(undefined) },
        }),
    };
    const { functions } = parts;
    table = new RoutingTable('bodies', { ...emptyPorts, state, archives, functions, logger });
    await table.start();
    const telemetry = new WorkflowMetrics(new Monitoring('gateway', logger), () => undefined);
    const runner = new RunWorkflow(functions, new ModelServerFleet([], logger));
    const { maxRequestSize } = settings;
    server = createGatewayServer({ table, runner, logger, maxRequestSize, telemetry, unreadiness: () => undefined });
    address = await server.listen({ port: 0, host: '127.0.0.1' });
  });
  afterAll(async () => {
    await server.close();
    await table.leave();
    await parts.close();
    rmSync(directory, { recursive: true, force: true });
  });

  let count = 0;
  /** No two of them are alike. */
  function bodyOf(kind: string, bytes: number): Buffer {
    count += 1;
    const body = Buffer.alloc(bytes, `${kind} body${count} and nobody else's ${String(count).repeat(7)}. `);
    // A length that is no multiple of the pattern's.
    return body.subarray(0, bytes - count);
  }

  const url = (): string => `${address}/wfpredict/halves`;
  async function predict(body: Buffer, stream = false): Promise<Buffer> {
    const headers = { 'content-type': 'application/octet-stream' };
    const sent = stream ? { body: new Blob([body]).stream(), duplex: 'half' as const } : { body };
    const response = await fetch(url(), { method: 'POST', headers, ...sent });
    const answer = Buffer.from(await response.arrayBuffer());
    if (response.status !== 200) throw new Error(`${response.status} ${answer.toString()}`);
    return answer;
  }

  /** Sends half of a body, or all of it without waiting for the answer, and hangs up. */
  async function hangUp(body: Buffer, sends: 'half' | 'all'): Promise<void> {
    const headers = { 'content-length': body.length };
    const sent = request(url(), { method: 'POST', headers, agent: false }).on('error', () => undefined);
    const part = sends === 'half' ? body.subarray(0, body.length / 2) : body;
    await new Promise<void>((resolve) => sent.write(part, () => resolve()));
    sent.destroy();
  }

  it('answer each client with its own, whatever happens to the others', async () => {
    const kinds = ['plain', 'plain', 'raises', 'plain', 'dies', 'plain', 'sleeps', 'plain'];
    const clients = kinds.map(async (kind, client) => {
      for (let round = 0; round < 12; round += 1) {
        const troubled = round % 4 === 0 ? kind : 'plain';
        const body = bodyOf(troubled, 90_000 + ((client * 131 + round * 577) % 97) * 10_000);
        if (client === 3) await hangUp(bodyOf('plain', 1_000_000), round % 2 === 0 ? 'half' : 'all');
        const answer = await predict(body, client === 5);
        expect(answer.equals(body), `${troubled}, client ${client}, round ${round}`).toBe(true);
      }
    });
    await Promise.all(clients);
  });

  it('leave no memory to the garbage collector', async () => {
    const body = bodyOf('plain', 1_000_000);
    expect((await predict(body)).equals(body)).toBe(true);
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    // A prediction leaves 200 to 500 KB, chunks of sockets that hold a head too: 12 of them stay below the bound, collected or not.
    for (let round = 0; round < 12; round += 1) {
      expect(await sendAndCount(body)).toBeGreaterThan(body.length);
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    // Each prediction reads 5 MB: the pieces of the body, the body, and an answer of each node.
    expect(most).toBeLessThan(5_000_000);
  });

  it('are refused when they are too large, without being kept', async () => {
    const chunk = Buffer.alloc(1_000_000);
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const sent = request(url(), { method: 'POST', agent: false });
    const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
    for (let count = 0; count < 300; count += 1) {
      if (!sent.write(chunk)) await once(sent, 'drain');
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    sent.end();
    const [answer] = await answered;
    answer.resume();
    expect(answer.statusCode).toBe(413);
    expect(most).toBeLessThan(150_000_000);
  });

  /** Predicts without any memory of its own that the garbage collector would have to take. @returns bytes of the answer. */
  async function sendAndCount(body: Buffer): Promise<number> {
    let received = 0;
    const { hostname, port, pathname } = new URL(url());
    const callback = (bytes: number): boolean => ((received += bytes), true);
    const socket = connect({ host: hostname, port: Number(port), onread: { buffer: discarded, callback } });
    const head = `POST ${pathname} HTTP/1.1\r\nhost: here\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n`;
    socket.write(head);
    socket.write(body);
    await once(socket, 'close');
    return received;
  }
});
