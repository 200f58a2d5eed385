import { RedisLink } from '@torchweave/redis-client';
import { silentLogger, type WorkflowState } from '@torchweave/application';
import { createParts, type Parts } from '@torchweave/composition';
import { defineWorkflow, isTorchweaveError, parseManifest, parseSpec } from '@torchweave/domain';
import { startGateway } from '@torchweave/gateway';
import { loadSettings, Monitoring, type RunningApp } from '@torchweave/platform';
import { RedisConnection, RedisWorkflowState } from '@torchweave/redis-workflow-state';
import { manifestText, specText, workflowFiles, zipOf } from '@torchweave/testing/builders';
import { TestRedis } from '@torchweave/testing/redis';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const spec = specText({
  settings: { 'retry-attempts': 1, 'timeout-ms': 2_000 },
  models: {},
  dag: { first: ['second'] },
});
const handler = `
import os, time

def first(data, context):
    if data is None:
        return None
    body = data[0]["body"]
    if body == "slow":
        time.sleep(30)
    if body == "moment":
        time.sleep(1.5)
    if body == "die":
        os._exit(1)
    if body == "bad":
        raise ValueError("no")
    return [body]

def second(data, context):
    return None if data is None else [row["body"] for row in data]
`;

/** A gateway on a real Redis with real Python, and one workflow of two functions. */
describe('the metrics and health of a gateway', () => {
  const directory = mkdtempSync(join(tmpdir(), 'torchweave-gateway-'));
  let redis: TestRedis;
  let connection: RedisConnection;
  let state: WorkflowState;
  let parts: Parts;
  let monitoring: Monitoring;
  let gateway: RunningApp;
  let namespace: string;

  beforeEach(async () => {
    redis = await TestRedis.start();
    const { settings } = loadSettings({ flags: { dataDir: directory, inferencePort: 0 }, environment: {} });
    connection = new RedisConnection(new RedisLink(redis.url, silentLogger), silentLogger);
    await connection.open();
    namespace = settings.namespace;
    state = new RedisWorkflowState(connection, namespace);
    parts = createParts({ settings, environment: process.env, logger: silentLogger, isOneProcess: true });
    await register('echo');
    monitoring = new Monitoring('gateway', silentLogger);
    const options = { settings, redis: new RedisLink(redis.url, silentLogger), logger: silentLogger, monitoring };
    gateway = await startGateway(options, parts);
  });
  afterEach(async () => {
    await gateway.close();
    await parts.close();
    connection.close();
    await redis.dispose();
    rmSync(directory, { recursive: true, force: true });
  });

  /** @param change what happens to the stored workflow before it is ready. */
  async function register(name: string, change?: () => Promise<unknown>): Promise<void> {
    const archive = await zipOf(workflowFiles({ name, spec, handler }));
    const { digest } = await parts.archives.put(
      (async function* () {
        yield archive;
      })(),
    );
    const manifest = parseManifest(manifestText({ workflowName: name }));
    const { run } = await state.takeUp(`add-${name}`);
    await state.reserve(defineWorkflow({ url: 'w.war', digest, manifest, spec: parseSpec(spec, 'spec.yaml') }), run);
    await change?.();
    await state.activate({ workflow: name, version: 1 }, run).catch((error: unknown) => {
      if (!isTorchweaveError(error, 'workflowUnreadable')) throw error;
    });
  }

  const predict = async (workflow: string, body: string): Promise<number> => {
    const headers = { 'content-type': 'text/plain' };
    return (await fetch(`${gateway.address}/wfpredict/${workflow}`, { method: 'POST', body, headers })).status;
  };
  const samples = async (): Promise<string[]> => (await monitoring.scrape()).split('\n');

  it('counts predictions and the attempts of each node', async () => {
    expect(await predict('echo', 'good')).toBe(200);
    expect(await predict('echo', 'bad')).toBe(500);
    expect(await predict('nosuch', 'good')).toBe(404);
    await vi.waitFor(async () =>
      expect(await samples()).toEqual(
        expect.arrayContaining([
          'torchweave_workflow_requests_total{workflow="echo",outcome="ok"} 1',
          'torchweave_workflow_requests_total{workflow="echo",outcome="failed"} 1',
          'torchweave_workflow_requests_total{workflow="unknown",outcome="client_error"} 1',
          'torchweave_workflow_failures_total{workflow="echo",code="nodeFailed"} 1',
          'torchweave_workflow_failures_total{workflow="unknown",code="workflowNotFound"} 1',
          'torchweave_workflow_request_duration_seconds_count{workflow="echo"} 2',
          'torchweave_node_attempts_total{workflow="echo",node="first",outcome="ok"} 1',
          'torchweave_node_attempts_total{workflow="echo",node="first",outcome="failed"} 2',
          'torchweave_node_attempts_total{workflow="echo",node="second",outcome="ok"} 1',
          'torchweave_node_retries_total{workflow="echo",node="first"} 1',
          'torchweave_node_attempt_duration_seconds_count{workflow="echo",node="first"} 3',
          'torchweave_node_wait_duration_seconds_count{workflow="echo",node="first"} 1',
          'torchweave_node_run_duration_seconds_count{workflow="echo",node="first"} 1',
          'torchweave_workflows_loaded 1',
          'torchweave_model_server_up{endpoint="local"} 1',
        ]),
      ),
    );
  });

  it('counts the processes of functions, and those that were lost by cause', async () => {
    const restarts = 'torchweave_function_process_restarts_total{workflow="echo"';
    const processes = 'torchweave_function_processes{workflow="echo"} 1';
    expect(await samples()).toEqual(
      expect.arrayContaining([
        ...[processes, `${restarts},cause="died"} 0`, `${restarts},cause="deadline"} 0`],
        'torchweave_function_process_failures{workflow="echo"} 0',
      ]),
    );
    // Two attempts each.
    expect([await predict('echo', 'die'), await predict('echo', 'slow')]).toEqual([500, 500]);
    const lines = [processes, `${restarts},cause="died"} 2`, `${restarts},cause="deadline"} 2`];
    await vi.waitFor(async () => expect(await samples()).toEqual(expect.arrayContaining(lines)), { timeout: 10_000 });
  });

  it('counts a prediction whose client hung up as cancelled, and none of its nodes as failed', async () => {
    const sent = request(`${gateway.address}/wfpredict/echo`, { method: 'POST' }).on('error', () => undefined);
    sent.setHeader('content-type', 'text/plain').end('slow');
    await vi.waitFor(async () =>
      expect(await samples()).toContain('torchweave_workflow_requests_in_flight{workflow="echo"} 1'),
    );
    sent.destroy();
    await vi.waitFor(async () => {
      const lines = await samples();
      expect(lines).toContain('torchweave_workflow_requests_total{workflow="echo",outcome="cancelled"} 1');
      expect(lines).toContain('torchweave_node_attempts_total{workflow="echo",node="first",outcome="cancelled"} 1');
      expect(lines).toContain('torchweave_node_attempts_total{workflow="echo",node="first",outcome="failed"} 0');
      expect(lines).toContain('torchweave_workflow_requests_in_flight{workflow="echo"} 0');
    });
  });

  it('forgets a workflow that is unregistered', async () => {
    await predict('echo', 'good');
    const { run } = await state.takeUp('remove');
    const { models } = await state.beginRemoval('echo', run);
    await state.release('echo', run, models, []);
    await vi.waitFor(async () => expect((await samples()).filter((line) => line.includes('echo'))).toEqual([]));
  });

  it('is ready beside a workflow that nobody can serve, and tells of that', async () => {
    monitoring.phase = 'serving';
    await register('other', () => connection.commands.hset(`{${namespace}}:workflow:other`, 'schemaVersion', '2'));
    await vi.waitFor(async () => expect(await samples()).toContain('torchweave_workflows_unserved{reason="broken"} 1'));
    expect(await samples()).toContain('torchweave_workflows_unserved{reason="missing"} 0');
    expect((await fetch(`${gateway.address}/health/ready`)).status).toBe(200);
    expect((await monitoring.warnings()).get('gateway')).toMatch(/^1 registered workflows cannot be served\. other: /);
    expect([await predict('echo', 'good'), await predict('other', 'good')]).toEqual([200, 503]);
  });

  it('is not ready while it has fewer workflows than are registered', async () => {
    monitoring.phase = 'serving';
    // Nothing is told of a change: as if the gateway had missed it for good.
    await connection.commands.zadd(`{${namespace}}:ready`, 0, 'missed');
    const ready = async (): Promise<[number, unknown]> => {
      const response = await fetch(`${gateway.address}/health/ready`);
      return [response.status, ((await response.json()) as { message?: string }).message];
    };
    const message = 'This gateway serves 1 of 2 registered workflows. It reads them again by itself.';
    await vi.waitFor(async () => expect(await ready()).toEqual([503, message]), { timeout: 10_000 });
    expect(await samples()).toContain('torchweave_workflows_unserved{reason="missing"} 1');
    expect((await monitoring.unready()).get('gateway')).toBe(message);
    expect(await predict('echo', 'good')).toBe(200);
    await connection.commands.zrem(`{${namespace}}:ready`, 'missed');
    await vi.waitFor(async () => expect((await ready())[0]).toBe(200), { timeout: 10_000 });
  });

  it('finishes a prediction whose workflow is unregistered meanwhile', async () => {
    const slow = predict('echo', 'moment');
    await vi.waitFor(async () =>
      expect(await samples()).toContain('torchweave_workflow_requests_in_flight{workflow="echo"} 1'),
    );
    const { run } = await state.takeUp('remove');
    const { models } = await state.beginRemoval('echo', run);
    await state.release('echo', run, models, []);
    await vi.waitFor(async () => expect(await predict('echo', 'good')).toBe(404));
    expect(await slow).toBe(200);
  });

  it('is ready until it stops, also for a balancer that has kept its connection', async () => {
    const agent = new Agent({ keepAlive: true });
    const ask = (path: string, body?: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const headers = { 'content-type': 'text/plain' };
        const sent = request(gateway.address + path, { agent, method: body === undefined ? 'GET' : 'POST', headers });
        sent.on('response', (response) => response.resume().on('end', () => resolve(response.statusCode)));
        sent.on('error', reject).end(body);
      });
    monitoring.phase = 'serving';
    expect(await ask('/health/ready')).toBe(200);
    expect(await samples()).toContain('torchweave_ready{part="gateway"} 1');
    const closed = gateway.close();
    expect(await samples()).toContain('torchweave_ready{part="gateway"} 0');
    // A connection that is free when the gateway stops may be gone already, which a balancer understands as well.
    expect(await ask('/health/ready').catch(() => 503)).toBe(503);
    agent.destroy();
    await closed;
  });
});
