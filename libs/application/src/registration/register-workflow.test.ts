import { inspectSpec, TorchweaveError, type WorkflowDefinition } from '@torchweave/domain';
import { beforeEach, describe, expect, it } from 'vitest';
import type { JobContext } from '../ports/job-queue.js';
import { silentLogger, type Logger } from '../ports/logger.js';
import { noRacePoints } from './saga/race-points.js';
import { RegisterWorkflow } from './register-workflow.js';
import type { RegistrationPorts } from './registration-saga.js';

const spec = 'x-common: 1\nmodels:\n  up: {url: up.mar}\ndag:\n  up: []\n';
const manifest = JSON.stringify({
  ...{ createdOn: 'x', archiverVersion: '1' },
  workflow: { workflowName: 'w', specFile: 'spec.yaml' },
});

const job: JobContext = {
  operationId: 'op',
  signal: new AbortController().signal,
  step: (_name, run) => run(),
  concerns: () => undefined,
};

/** Stops a registration where its archive has been read. */
class ReadToTheEndError extends Error {}

describe('a registration', () => {
  let removed: string[];
  let warnings: { data: object; message: string }[];
  let used: string[];
  let definition: WorkflowDefinition | undefined;
  beforeEach(() => {
    [removed, warnings, used, definition] = [[], [], [], undefined];
  });

  const logger: Logger = { ...silentLogger, warn: (data, message) => void warnings.push({ data, message }) };
  const refuse = (): never => {
    throw new Error('nobody should get here');
  };

  function register(
    files: Readonly<Record<string, string>>,
    openFailure?: Error,
    operationId = job.operationId,
    uploaded?: string,
  ): Promise<unknown> {
    const ports = {
      source: { open: uploaded === undefined ? () => Promise.resolve([new Uint8Array(3)]) : refuse },
      archives: {
        read: (digest: string) => (digest === 'd' ? Promise.resolve() : Promise.reject(notKept)),
        put: () => Promise.resolve({ digest: 'd', bytes: 3 }),
        open: () => {
          if (openFailure !== undefined) return Promise.reject(openFailure);
          return Promise.resolve({
            digest: 'd',
            directory: '/d',
            readText: (path: string) => Promise.resolve(files[path]),
          });
        },
        remove: (digest: string) => Promise.resolve(void removed.push(digest)),
        list: refuse,
      },
      specs: { inspect: (text: string, file: string) => Promise.resolve(inspectSpec(text, file)) },
      versions: { definitions: () => Promise.resolve({ definitions: [], unreadable: 0 }) },
      state: {
        takeUp: (operationId: string) =>
          Promise.resolve({
            run: { operationId, token: '1' },
            isTakenOver: false,
            isCancelled: false,
            trace: { outcome: 'none' },
          }),
        unfinished: () =>
          Promise.resolve({ records: used.map((digest) => ({ definition: { digest, nodes: [] } })), unreadable: [] }),
        page: () => Promise.resolve({ workflows: [], hasMore: false }),
        reserve: (read: WorkflowDefinition) => {
          definition = read;
          throw new ReadToTheEndError();
        },
      },
      ...{ modelServers: {}, functions: {}, gateways: {}, racePoints: noRacePoints, logger, responseTimeoutMs: 1 },
    } as unknown as RegistrationPorts;
    return new RegisterWorkflow(ports).execute({ url: 'w.war', uploaded }, { ...job, operationId });
  }

  const sound = { 'WAR-INF/MANIFEST.json': manifest, 'spec.yaml': spec };
  const notKept = new TorchweaveError('archiveUnreadable', { reason: 'the archive store has no archive e' });
  const full = new TorchweaveError('archiveStoreFull', {});

  it('that finds no room to unpack leaves its packed archive no longer than that', async () => {
    await expect(register(sound, full)).rejects.toBe(full);
    expect(removed).toEqual(['d']);
  });

  it('that finds no room keeps an archive that a workflow has', async () => {
    used.push('d');
    await expect(register(sound, full)).rejects.toBe(full);
    expect(removed).toEqual([]);
  });

  it('keeps an archive that another registration may use', async () => {
    await expect(register(sound)).rejects.toThrow(ReadToTheEndError);
    expect(removed).toEqual([]);
  });

  it('of an uploaded archive takes it from the archive store', async () => {
    await expect(register(sound, undefined, 'op', 'd')).rejects.toThrow(ReadToTheEndError);
    expect(definition).toMatchObject({ digest: 'd', url: 'w.war' });
  });

  it('of an uploaded archive that its worker has not got says so', async () => {
    await expect(register(sound, undefined, 'op', 'e')).rejects.toMatchObject({ code: 'uploadMissing' });
    expect(removed).toEqual([]);
  });

  it('tells in the log what of a spec is ignored, and by which workflow', async () => {
    await expect(register(sound)).rejects.toThrow(ReadToTheEndError);
    expect(definition).toMatchObject({ name: 'w', nodes: [{ name: 'up' }] });
    expect(warnings).toEqual([
      {
        message: 'a spec has what is ignored',
        data: {
          ...{ workflow: 'w', operationId: 'op' },
          warnings: [
            expect.objectContaining({
              file: 'spec.yaml',
              line: 1,
              message: expect.stringMatching(/"x-common"/) as string,
            }),
          ],
        },
      },
    ]);
  });

  it('names its models as TorchServe does', async () => {
    await expect(register(sound)).rejects.toThrow(ReadToTheEndError);
    expect(definition?.nodes.map(({ modelName }) => modelName)).toEqual(['w__up']);
  });

  it('of a spec with problems is refused, and leaves nothing', async () => {
    await expect(register({ ...sound, 'spec.yaml': 'dag: 1\n' })).rejects.toMatchObject({
      code: 'specInvalid',
      status: 400,
    });
    expect(removed).toEqual(['d']);
  });
});
