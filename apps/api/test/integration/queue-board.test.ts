import { RedisLink } from '@torchweave/redis-client';
import { startApi } from '@torchweave/api';
import { silentLogger, type JobHandlers } from '@torchweave/application';
import { BullMqJobWorker } from '@torchweave/bullmq-job-queue';
import { TorchweaveError } from '@torchweave/domain';
import { loadSettings, Monitoring, type RunningApp } from '@torchweave/platform';
import { emptyPorts } from '@torchweave/testing/empty-ports';
import { TestRedis } from '@torchweave/testing/redis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { idleHandlers } from '@torchweave/testing/builders';

interface BoardJob {
  readonly id: string;
  readonly progress: object;
  readonly failedReason?: string;
}

const failure = { workflow: 'digits', failures: [{ node: 'digits__net', reason: 'there is no such file' }] };

/** The api on a real Redis; its worker fails every registration at its second step. */
describe('the queue board', () => {
  let redis: TestRedis;
  let api: RunningApp;
  let worker: BullMqJobWorker;
  let board: string;
  const monitoring = new Monitoring('api', silentLogger);

  beforeAll(async () => {
    redis = await TestRedis.start();
    const { settings } = loadSettings({ flags: { managementPort: 0 }, environment: {} });
    const options = {
      redis: new RedisLink(redis.url, silentLogger),
      namespace: settings.namespace,
      logger: silentLogger,
    };
    api = await startApi({ ...options, settings, monitoring }, emptyPorts.archives);
    board = `${api.address}/dashboard/queues`;
    const handlers: JobHandlers = {
      ...idleHandlers,
      'register-workflow': async ({ url }, job) => {
        if (url === 'inside.war') throw new Error('ENOENT: no such file, open /secret/place, redis 127.0.0.1:6379');
        await job.step('fetch-archive', () => Promise.resolve());
        return job.step('register-nodes', () => Promise.reject(new TorchweaveError('registrationFailed', failure)));
      },
      'unregister-workflow': ({ workflow }) => Promise.resolve({ workflow }),
    };
    worker = new BullMqJobWorker({ ...options, concurrency: 1, lockMs: 5_000 }, handlers);
    await worker.start();
  });
  afterAll(async () => {
    await worker.close();
    await api.close();
    await redis.dispose();
  });

  it('loads nothing from another host, and everything it names is there', async () => {
    const page = await fetch(board);
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'self';/);
    const html = await page.text();
    expect(html).not.toMatch(/https?:/);
    const files = [...html.matchAll(/(?:src|href)="(static\/[^"]+)"/g)].map((match) => match[1]);
    expect(files.length).toBeGreaterThan(4);
    for (const file of files) expect([file, (await fetch(`${board}/${file}`)).status]).toEqual([file, 200]);
  });

  it('shows the steps, the progress and the error of a failed job in full, and forgets the job when asked to', async () => {
    const submitted = await fetch(`${api.address}/workflows?url=digits.war&synchronous=false`, { method: 'POST' });
    const { operationId } = (await submitted.json()) as { operationId: string };
    const jobs = async (): Promise<BoardJob[]> => {
      const response = await fetch(`${board}/api/queues?activeQueue=operations&status=failed&page=1&jobsPerPage=10`);
      const { queues } = (await response.json()) as { queues: { jobs: BoardJob[] }[] };
      return queues.flatMap((queue) => queue.jobs);
    };
    const [job] = await vi.waitUntil(async () => {
      const found = await jobs();
      return found.length > 0 && found;
    });
    expect(job).toMatchObject({
      id: operationId,
      progress: {
        progress: 13,
        steps: [{ name: 'fetch-archive', durationMs: expect.any(Number) as number }, { name: 'register-nodes' }],
        error: { code: 'registrationFailed', data: failure },
      },
      failedReason: expect.stringContaining('there is no such file') as string,
    });
    expect((await fetch(`${board}/api/queues/operations/${operationId}/clean`, { method: 'PUT' })).status).toBe(204);
    expect(await jobs()).toEqual([]);
  });

  it('tells nothing of the inside: no stack, no path, no address, also of a job that failed for a reason of its own', async () => {
    const submitted = await fetch(`${api.address}/workflows?url=inside.war&synchronous=false`, { method: 'POST' });
    const { operationId } = (await submitted.json()) as { operationId: string };
    const look = async (path: string): Promise<string> => (await fetch(`${board}/api/${path}`)).text();
    const job = await vi.waitUntil(async () => {
      const found = await look(`queues/operations/${operationId}`);
      return found.includes('failedReason') && found;
    });
    const all = [
      job,
      await look('queues?activeQueue=operations&status=failed&page=1'),
      await look('queues/operations/workers'),
      await look('redis/stats'),
      await look(`queues/operations/${operationId}/flow`),
      await look('queues/operations/meta'),
    ];
    expect(JSON.parse(job)).toMatchObject({
      job: { stacktrace: [], progress: { error: { code: 'internal', data: {} } } },
    });
    for (const text of all) {
      expect(text).not.toMatch(/node_modules|file:|\/secret\/|127\.0\.0\.1|redis_version|"os"|"port"|\bat .*:\d+:\d+/);
    }
  });

  it.each([
    ['GET', '/dashboard/api/nosuch', 404, 'ResourceNotFoundException'],
    ['GET', '/dashboard/queues/static/nosuch.js', 404, 'ResourceNotFoundException'],
    ['PUT', '/workflows', 405, 'MethodNotAllowedException'],
  ])('leaves other answers as they are: %s %s', async (method, path, code, type) => {
    const response = await fetch(api.address + path, { method });
    expect(await response.json()).toMatchObject({ code, type });
  });

  it('is counted beside the other routes, by its patterns', async () => {
    await fetch(`${board}/queue/operations`);
    const lines = (await monitoring.scrape()).split('\n');
    expect(lines).toContainEqual(
      expect.stringMatching(/^torchweave_http_requests_total\{route="\/dashboard\/queues\/queue\/:queueName",.*\} 1$/),
    );
    expect(lines).toContainEqual(
      expect.stringMatching(/^torchweave_queue_jobs\{queue="operations",state="waiting"\} 0$/),
    );
  });
});
