import { specText, workflowFiles, zipOf } from '@torchweave/testing/builders';
import { InMemoryArchiveSource, type Content } from '@torchweave/testing/in-memory/archive-source';
import { InMemoryArchiveStore } from '@torchweave/testing/in-memory/archive-store';
import { InMemoryGatewayProbes } from '@torchweave/testing/in-memory/gateway-probes';
import { InMemoryGatewayRegistry } from '@torchweave/testing/in-memory/gateway-registry';
import { InMemoryJobQueue } from '@torchweave/testing/in-memory/job-queue';
import { inMemorySpecReader } from '@torchweave/testing/in-memory/spec-reader';
import { InMemoryWorkflowState } from '@torchweave/testing/in-memory/workflow-state';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jobCatalogue } from '../job-catalogue/job-catalogue.js';
import { ModelServerFleet } from '../model-server-fleet/model-server-fleet.js';
import type { FunctionRuntime } from '../ports/function-runtime.js';
import type { JobHandlers, JobWorker } from '../ports/job-queue.js';
import { silentLogger } from '../ports/logger.js';
import { RegisterWorkflow } from '../registration/register-workflow.js';
import { noRacePoints } from '../registration/saga/race-points.js';
import { UnregisterWorkflow } from '../registration/unregister-workflow.js';
import { UploadedArchives } from '../registration/uploaded-archives.js';
import { WorkflowManagement } from './workflow-management.js';
import { InMemoryWorkflowVersions } from '@torchweave/testing/in-memory/workflow-versions';
import { idleHandlers } from '@torchweave/testing/builders';

const archiveOf = (name: string): Promise<Buffer> =>
  zipOf(workflowFiles({ name, spec: specText({ models: {}, dag: { pre: ['post'] } }) }));

/** An installation in memory: what the api has, and a worker that starts when it is told to. */
class Installation {
  readonly urls = new Map<string, Content>();
  readonly state = new InMemoryWorkflowState();
  readonly jobs = new InMemoryJobQueue();
  readonly archives = new InMemoryArchiveStore();
  readonly gateways = new InMemoryGatewayRegistry();
  readonly management = new WorkflowManagement(this.state, this.jobs, {
    waitMs: 20_000,
    uploads: new UploadedArchives(this.archives, { maxBytes: 100_000, limit: 1 }),
  });
  readonly worker: JobWorker;

  constructor() {
    const functions: Pick<FunctionRuntime, 'load' | 'unload'> = {
      load: () => Promise.resolve(),
      unload: () => Promise.resolve(),
    };
    const ports = {
      ...{ state: this.state, archives: this.archives, gateways: this.gateways, specs: inMemorySpecReader },
      versions: new InMemoryWorkflowVersions(this.state),
      probes: new InMemoryGatewayProbes(),
      source: new InMemoryArchiveSource(this.urls),
      functions: functions as FunctionRuntime,
      modelServers: new ModelServerFleet([], silentLogger),
      ...{ logger: silentLogger, racePoints: noRacePoints, responseTimeoutMs: 1 },
    };
    const register = new RegisterWorkflow(ports);
    const unregister = new UnregisterWorkflow(ports);
    const handlers: JobHandlers = {
      ...idleHandlers,
      'register-workflow': (payload, job) => register.execute(payload, job),
      'unregister-workflow': (payload, job) => unregister.execute(payload, job),
    };
    this.worker = this.jobs.createWorker(handlers);
  }

  async names(): Promise<string[]> {
    return (await this.management.list(100, 0)).workflows.map(({ name }) => name);
  }
}

describe('WorkflowManagement', () => {
  let installation: Installation;
  let management: WorkflowManagement;
  beforeEach(async () => {
    installation = new Installation();
    ({ management } = installation);
    installation.urls.set('one.war', await archiveOf('one')).set('http://web/two.war', await archiveOf('two'));
    await installation.worker.start();
  });
  afterEach(() => installation.worker.close());

  it('registers what a name of the store or a URL leads to, and tells of it', async () => {
    await expect(management.register({ url: 'one.war' }, true)).resolves.toMatchObject({ workflow: 'one' });
    await management.register({ url: 'http://web/two.war', workflowName: 'mine' }, true);
    expect(await installation.names()).toEqual(['mine', 'one']);
    expect((await management.describe('mine')).definition).toMatchObject({ name: 'mine', url: 'http://web/two.war' });
  });

  it('leaves a registration under way to be followed, in the steps of the catalogue', async () => {
    const submission = await management.register({ url: 'one.war' }, false);
    expect(submission).toEqual({ ended: false, operationId: expect.any(String) as string });
    await installation.jobs.waitForEnd('register-workflow', submission.operationId, 20_000);
    const operation = await management.operation(submission.operationId);
    expect(operation).toMatchObject({ state: 'succeeded', workflow: 'one', attempts: 1 });
    expect(operation.steps.map(({ name }) => name)).toEqual(jobCatalogue['register-workflow'].steps);
  });

  it('gives the error of a registration to who waits for it, and to who follows it', async () => {
    await management.register({ url: 'one.war' }, true);
    await expect(management.register({ url: 'one.war' }, true)).rejects.toMatchObject({ code: 'workflowConflict' });
    const { operationId } = await management.register({ url: 'none.war' }, false);
    const waiting = installation.jobs.waitForEnd('register-workflow', operationId, 20_000);
    await expect(waiting).rejects.toMatchObject({ code: 'workflowNotInStore' });
    expect(await management.operation(operationId)).toMatchObject({
      ...{ state: 'failed', error: { code: 'workflowNotInStore' } },
      steps: [{ name: 'fetch-archive' }],
    });
  });

  it('registers an archive that is sent, by its digest', async () => {
    const upload = { contentType: 'application/zip', content: Readable.from([await archiveOf('sent')]) };
    await management.registerUpload(upload, {}, true);
    const { definition } = await management.describe('sent');
    expect(definition.url).toBe(`sha256:${definition.digest}`);
  });

  it('reads nothing of an archive that is sent under a name that is none', async () => {
    let isRead = false;
    const content = new Readable({ read: () => void (isRead = true) });
    const upload = { contentType: 'application/zip', content };
    await expect(management.registerUpload(upload, { workflowName: '../x' }, true)).rejects.toMatchObject({
      code: 'workflowNameInvalid',
    });
    expect(isRead).toBe(false);
  });

  it('unregisters what is there, and says at once what is not', async () => {
    await management.register({ url: 'one.war' }, true);
    await expect(management.unregister('one', true)).resolves.toMatchObject({ workflow: 'one' });
    expect(await installation.names()).toEqual([]);
    await expect(management.unregister('one', true)).rejects.toMatchObject({ code: 'workflowNotFound' });
    await expect(management.describe('one')).rejects.toMatchObject({ code: 'workflowNotFound' });
  });

  it('pages as TorchServe does', async () => {
    for (const workflowName of ['a', 'b', 'c']) await management.register({ url: 'one.war', workflowName }, true);
    expect(await management.list(2, 0)).toMatchObject({ workflows: [{ name: 'a' }, { name: 'b' }], nextOffset: 2 });
    expect(await management.list(2, 2)).not.toHaveProperty('nextOffset');
    expect((await management.list(0, -1)).workflows).toHaveLength(3);
  });

  it('does not answer a registration before every gateway has followed it', async () => {
    const { gateways } = installation;
    await gateways.announce('gateway', 0);
    await gateways.onPreparation({
      prepare: ({ operationId }) => void gateways.answerPreparation(operationId, { gatewayId: 'gateway' }),
      discard: () => undefined,
    });
    let isAnswered = false;
    const answered = management.register({ url: 'one.war' }, true).then(() => (isAnswered = true));
    const committed = await new Promise<number>((resolve) => {
      void installation.state.watch(() => void installation.state.summary().then(({ revision }) => resolve(revision)));
    });
    expect(isAnswered).toBe(false);
    await gateways.announce('gateway', committed);
    await answered;
  });

  it('knows no operation that nobody has begun', async () => {
    await expect(management.operation(randomUUID())).rejects.toMatchObject({ code: 'operationNotFound' });
  });
});

describe('WorkflowManagement without a worker', () => {
  it('says which operation to follow when the time is over, and goes on when one comes', async () => {
    const { management, state, jobs, urls, worker } = new Installation();
    urls.set('one.war', await archiveOf('one'));
    const impatient = new WorkflowManagement(state, jobs, { waitMs: 1 });
    const failure = await impatient.register({ url: 'one.war' }, true).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'operationPending' });
    const { operationId } = (failure as { data: { operationId: string } }).data;
    expect(await management.operation(operationId)).toMatchObject({ state: 'waiting', steps: [] });
    await worker.start();
    expect(await jobs.waitForEnd('register-workflow', operationId, 20_000)).toEqual({ workflow: 'one' });
    await worker.close();
  });
});
