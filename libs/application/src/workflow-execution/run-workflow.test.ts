import {
  defineWorkflow,
  ExecutionPlan,
  parseManifest,
  parseSpec,
  TorchweaveError,
  type NodeInput,
} from '@torchweave/domain';
import { describe, expect, it } from 'vitest';
import { ModelServerFleet } from '../model-server-fleet/model-server-fleet.js';
import { Cancellation } from '../ports/cancellation.js';
import { silentLogger } from '../ports/logger.js';
import type { FunctionCallOptions, FunctionRuntime } from '../ports/function-runtime.js';
import { RunWorkflow, type RunnableWorkflow } from './run-workflow.js';

type Call = (node: string, input: NodeInput, options: FunctionCallOptions) => Promise<string>;

const text = (value: Uint8Array): string => Buffer.from(value).toString();

function workflow(specText: string): RunnableWorkflow {
  const names = { workflowName: 'w', specFile: 's.yaml', handler: 'h.py' };
  const manifest = parseManifest(JSON.stringify({ createdOn: 'now', archiverVersion: '1', workflow: names }));
  const definition = defineWorkflow({ url: 'w.war', digest: 'd', manifest, spec: parseSpec(specText, 's.yaml') });
  return { name: 'w', revision: 1, plan: new ExecutionPlan(definition), functionUnitId: 'unit' };
}

function runner(call: Call): RunWorkflow {
  const functions: FunctionRuntime = {
    load: () => Promise.resolve(),
    unload: () => Promise.resolve(),
    close: () => Promise.resolve(),
    call: async (_unit, node, input, options) => ({ value: Buffer.from(await call(node, input, options)) }),
  };
  return new RunWorkflow(functions, new ModelServerFleet([], silentLogger));
}

const request = (body: string, cancellation = new Cancellation()) => ({
  requestId: 'r',
  headers: {},
  input: [{ name: 'body', value: Buffer.from(body), contentType: 'text/plain' }],
  cancellation,
});

const nodeFailed = (node: string): TorchweaveError =>
  new TorchweaveError('nodeFailed', { node, attempts: 1, reason: 'no' });

describe('RunWorkflow', () => {
  it('hands the request to the first node and each output to the next as body', async () => {
    const run = runner((node, input) =>
      Promise.resolve(`${node}(${input.map((f) => `${f.name}=${text(f.value)}`).join()})`),
    );
    const output = await run.execute(workflow('dag: {a: [b], b: [c]}'), request('x'));
    expect(text(output.value)).toBe('c(body=b(body=a(body=x)))');
  });

  it('names each field of a fan-in after its parent', async () => {
    const run = runner((node, input) =>
      Promise.resolve(`${node}(${input.map((f) => `${f.name}=${text(f.value)}`).join()})`),
    );
    const output = await run.execute(workflow('dag: {a: [b, c], b: [d], c: [d]}'), request('x'));
    expect(text(output.value)).toBe('d(b=b(body=a(body=x)),c=c(body=a(body=x)))');
  });

  it('starts siblings at once', async () => {
    const started: string[] = [];
    let releaseB: () => void = () => undefined;
    const bMayEnd = new Promise<void>((resolve) => (releaseB = resolve));
    const run = runner(async (node) => {
      started.push(node);
      if (node === 'b') await bMayEnd;
      // c can only release b when it runs while b is under way.
      if (node === 'c') releaseB();
      return node;
    });
    await run.execute(workflow('dag: {a: [b, c], b: [d], c: [d]}'), request('x'));
    expect(started).toEqual(['a', 'b', 'c', 'd']);
  });

  it('starts a child the moment its last parent is done, without waiting for other branches', async () => {
    let releaseC: () => void = () => undefined;
    const cMayEnd = new Promise<void>((resolve) => (releaseC = resolve));
    const run = runner(async (node) => {
      if (node === 'c') await cMayEnd;
      if (node === 'd') releaseC();
      return `"${node}"`;
    });
    const output = await run.execute(workflow('dag: {a: [b, c], b: [d]}'), request('x'));
    expect(JSON.parse(text(output.value))).toEqual({ c: 'c', d: 'd' });
  });

  it('tries a failing node again as often as the spec allows', async () => {
    let calls = 0;
    const run = runner((node) => {
      calls += 1;
      return calls < 3 ? Promise.reject(nodeFailed(node)) : Promise.resolve('ok');
    });
    const output = await run.execute(workflow('models: {retry-attempts: 2}\ndag: {a: []}'), request('x'));
    expect([text(output.value), calls]).toEqual(['ok', 3]);
  });

  it('answers with the node, its attempts and the last reason when the budget is spent', async () => {
    const run = runner((node) => Promise.reject(nodeFailed(node)));
    await expect(
      run.execute(workflow('models: {retry-attempts: 1}\ndag: {a: []}'), request('x')),
    ).rejects.toMatchObject({
      code: 'nodeFailed',
      message: 'Error executing a',
      data: { node: 'a', attempts: 2, reason: 'no' },
    });
  });

  it('does not try again what the client did wrong', async () => {
    let calls = 0;
    const run = runner((node) => {
      calls += 1;
      return Promise.reject(new TorchweaveError('nodeRaised', { node, status: 422, message: 'no picture' }));
    });
    await expect(
      run.execute(workflow('models: {retry-attempts: 5}\ndag: {a: []}'), request('x')),
    ).rejects.toMatchObject({
      status: 422,
      message: 'no picture',
    });
    expect(calls).toBe(1);
  });

  it.each([101, 204, 304, 600])('takes a status that no error has, %i, for no answer', async (status) => {
    const refuse = () =>
      Promise.reject(new TorchweaveError('modelServerRefused', { endpoint: 'local', status, message: 'moved' }));
    await expect(
      runner(refuse).execute(workflow('models: {retry-attempts: 0}\ndag: {a: []}'), request('x')),
    ).rejects.toMatchObject({
      status: 500,
      data: { node: 'a', reason: `the model server answered ${status}: moved` },
    });
  });

  it('cancels the siblings of a node that failed for good', async () => {
    let cancelled: () => void = () => undefined;
    const siblingCancelled = new Promise<void>((resolve) => (cancelled = resolve));
    const run = runner((node, _input, { signal }) => {
      if (node === 'a') return Promise.resolve('a');
      if (node === 'b') return Promise.reject(nodeFailed(node));
      return new Promise((_, reject) => {
        const handleEvent = (): void => {
          cancelled();
          reject(signal.reason as Error);
        };
        signal.addEventListener('abort', { handleEvent });
      });
    });
    const spec = 'models: {retry-attempts: 0}\ndag: {a: [b, c]}';
    await expect(run.execute(workflow(spec), request('x'))).rejects.toMatchObject({ message: 'Error executing b' });
    await siblingCancelled;
  });

  it('cancels everything when the client is gone', async () => {
    const client = new Cancellation();
    const run = runner((_node, _input, { signal }) => {
      client.abort(new Error('gone'));
      return Promise.reject(signal.reason as Error);
    });
    await expect(run.execute(workflow('dag: {a: []}'), request('x', client))).rejects.toThrow('gone');
  });
});
