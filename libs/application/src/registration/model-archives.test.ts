import { defineWorkflow, modelNodes, parseManifest, parseSpec } from '@torchweave/domain';
import type { ModelNode, WorkflowDefinition } from '@torchweave/domain';
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { InMemoryArchiveSource, type Content } from '@torchweave/testing/in-memory/archive-source';
import { InMemoryArchiveStore } from '@torchweave/testing/in-memory/archive-store';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ArchiveSource } from '../ports/archive-source.js';
import type { ArchiveStore } from '../ports/archive-store.js';
import type { WorkflowRecord, WorkflowState } from '../ports/workflow-state.js';
import { modelArchiveOf, withModelDigests } from './model-archives.js';
import { registrationOf } from './model-registration.js';
import { usedArchives } from '../workflow-management/used-archives.js';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const { signal } = new AbortController();

function workflowOf(models: string): WorkflowDefinition {
  const manifest = parseManifest(
    JSON.stringify({ createdOn: 'now', archiverVersion: '1', workflow: { workflowName: 'w', specFile: 's.yaml' } }),
  );
  const spec = parseSpec(`models: ${models}\ndag: {a: [b], b: []}`, 's.yaml');
  return defineWorkflow({ url: 'w.war', digest: 'of-the-war', manifest, spec });
}

/** What URLs give. */
let web: Map<string, Content>;
let source: InMemoryArchiveSource;
let archives: InMemoryArchiveStore;
let ports: { source: ArchiveSource; archives: ArchiveStore; responseTimeoutMs: number };
beforeEach(() => {
  web = new Map();
  source = new InMemoryArchiveSource(web);
  archives = new InMemoryArchiveStore();
  ports = { source, archives, responseTimeoutMs: 1 };
});

describe('models that a workflow names by URL', () => {
  it('are fetched when it is registered, and what came is noted', async () => {
    web.set('http://one/m.mar', 'one').set('http://two/m.mar', 'two');
    const workflow = workflowOf('{a: {url: "http://one/m.mar"}, b: {url: "http://two/m.mar"}}');
    const pinned = await withModelDigests(ports, workflow, signal);
    expect(modelNodes(pinned).map(({ digest }) => digest)).toEqual([sha256('one'), sha256('two')]);
  });

  it('are fetched once for each URL, and files of a store not at all', async () => {
    web.set('http://one/m.mar', 'one');
    const shared = workflowOf('{a: {url: "http://one/m.mar"}, b: {url: "http://one/m.mar"}}');
    await withModelDigests(ports, shared, signal);
    expect(source.opened).toEqual(['http://one/m.mar']);
    const stored = workflowOf('{a: {url: m.mar}, b: {url: ./n.mar}}');
    expect(await withModelDigests(ports, stored, signal)).toBe(stored);
    expect(source.opened).toHaveLength(1);
  });

  it('are fetched four at a time', async () => {
    const nodes = Array.from({ length: 12 }, (_, index) => `n${index}`);
    let underWay = 0;
    let mostAtOnce = 0;
    for (const node of nodes) {
      web.set(`http://web/${node}`, async function* () {
        mostAtOnce = Math.max(mostAtOnce, (underWay += 1));
        yield await new Promise<Buffer>((resolve) => setImmediate(resolve, Buffer.from(node)));
        underWay -= 1;
      });
    }
    const models = nodes.map((node) => `${node}: {url: "http://web/${node}"}`).join(', ');
    const manifest = workflowOf('{a: {url: m}, b: {url: m}}').manifest;
    const dag = nodes.map((node, index) => `${node}: [${nodes[index + 1] ?? ''}]`).join(', ');
    const spec = parseSpec(`models: {${models}}\ndag: {${dag}}`, 's.yaml');
    await withModelDigests(ports, defineWorkflow({ url: 'w', digest: 'd', manifest, spec }), signal);
    expect([source.opened.length, mostAtOnce]).toEqual([12, 4]);
  });

  it('that cannot be fetched are all told, each with its node', async () => {
    const workflow = workflowOf('{a: {url: "http://no/a.mar"}, b: {url: "http://no/b.mar"}}');
    await expect(withModelDigests(ports, workflow, signal)).rejects.toMatchObject({
      ...{ code: 'registrationFailed', status: 400 },
      data: {
        failures: ['a', 'b'].map((node) => ({
          node: `w__${node}`,
          reason: `Failed to download archive from: http://no/${node}.mar: the server answered 404.`,
        })),
      },
    });
  });

  it('are those bytes from then on, whatever the URL gives later', async () => {
    web.set('http://one/m.mar', 'old');
    const workflow = workflowOf('{a: {url: "http://one/m.mar"}, b: {url: m.mar}}');
    const [node] = modelNodes(await withModelDigests(ports, workflow, signal)) as [ModelNode];
    web.set('http://one/m.mar', 'new');
    const archive = await modelArchiveOf(ports, node, signal);
    const { content } = await archive.read();
    expect([archive.digest, (await buffer(content)).toString()]).toEqual([sha256('old'), 'old']);
    expect(source.opened).toHaveLength(1);
  });

  it('that the archive store has lost are fetched again, and refused where the URL gives something else', async () => {
    web.set('http://one/m.mar', 'old');
    const workflow = workflowOf('{a: {url: "http://one/m.mar"}, b: {url: m.mar}}');
    const [node] = modelNodes(await withModelDigests(ports, workflow, signal)) as [ModelNode];
    await archives.remove(sha256('old'));
    expect((await modelArchiveOf(ports, node, signal)).digest).toBe(sha256('old'));
    await archives.remove(sha256('old'));
    web.set('http://one/m.mar', 'new');
    await expect(modelArchiveOf(ports, node, signal)).rejects.toMatchObject({ code: 'digestMismatch' });
  });

  it('of a workflow that was registered before they were noted are fetched when they are needed', async () => {
    web.set('http://one/m.mar', 'x');
    const [node] = modelNodes(workflowOf('{a: {url: "http://one/m.mar"}, b: {url: m.mar}}')) as [ModelNode];
    expect((await registrationOf(ports, node, signal)).archive?.digest).toBe(sha256('x'));
  });

  it('keep their archives from being swept', async () => {
    web.set('http://one/m.mar', 'x');
    const definition = await withModelDigests(
      ports,
      workflowOf('{a: {url: "http://one/m.mar"}, b: {url: m.mar}}'),
      signal,
    );
    const state: Partial<WorkflowState> = {
      unfinished: () => Promise.resolve({ records: [], unreadable: [] }),
      page: () => Promise.resolve({ workflows: [{ name: 'w', url: 'w.war' }], hasMore: false }),
      get: () => Promise.resolve({ definition } as WorkflowRecord),
    };
    const used = await usedArchives(state as WorkflowState, {
      definitions: () => Promise.resolve({ definitions: [], unreadable: 0 }),
    });
    expect(['of-the-war', sha256('x'), sha256('y')].map((digest) => used.mayHave(digest))).toEqual([true, true, false]);
  });
});

describe('a model whose numbers were stored before they had a bound', () => {
  it('is not registered, and told', async () => {
    const [node] = modelNodes(workflowOf('{a: {url: m.mar}, b: {url: m.mar}}')) as [ModelNode];
    const unbounded = { ...node, minWorkers: 2_147_483_647 };
    await expect(registrationOf(ports, unbounded, signal)).rejects.toMatchObject({
      code: 'modelSettingInvalid',
      message:
        'The model of node a cannot be registered: min-workers must be a whole number from 0 to 1024, not 2147483647. ' +
        'Change the spec and register it again.',
    });
  });
});
