import {
  defineWorkflow,
  ExecutionPlan,
  parseManifest,
  parseSpec,
  TorchweaveError,
  type NodeInput,
} from '@torchweave/domain';
import { Cancellation } from '@torchweave/kernel';
import { describe, expect, it, vi } from 'vitest';
import { ModelServerFleet } from '../model-server-fleet/model-server-fleet.js';
import { silentLogger } from '../ports/logger.js';
import type { FunctionCallOptions, FunctionRuntime } from '../ports/function-runtime.js';
import type { InferenceOptions, ModelInference } from '../ports/model-inference.js';
import type { ModelServer } from '../ports/model-server.js';
import type { RequestSpan } from '../ports/telemetry.js';
import { RunWorkflow, type RunnableWorkflow } from './run-workflow.js';

type Call = (node: string, input: NodeInput, options: FunctionCallOptions) => Promise<string>;

const text = (value: Uint8Array): string => Buffer.from(value).toString();

function workflow(specText: string): RunnableWorkflow {
  const names = { workflowName: 'w', specFile: 's.yaml', handler: 'h.py' };
  const manifest = parseManifest(JSON.stringify({ createdOn: 'now', archiverVersion: '1', workflow: names }));
  const definition = defineWorkflow({ url: 'w.war', digest: 'd', manifest, spec: parseSpec(specText, 's.yaml') });
  return { name: 'w', version: 1, revision: 1, plan: new ExecutionPlan(definition), functionUnitId: 'unit' };
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
    const answered = String(status);
    const refuse = () =>
      Promise.reject(new TorchweaveError('modelServerRefused', { endpoint: 'local', answered, message: 'moved' }));
    await expect(
      runner(refuse).execute(workflow('models: {retry-attempts: 0}\ndag: {a: []}'), request('x')),
    ).rejects.toMatchObject({
      status: 500,
      data: {
        node: 'a',
        reason: expect.stringMatching(new RegExp(`^the model w__a on .* answered ${status}: moved$`)) as string,
      },
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

  describe('a model', () => {
    const spec = (batchSize: number): string =>
      `models: {retry-attempts: 0, m: {url: m.mar, batch-size: ${batchSize}}}\ndag: {m: []}`;

    function onServer(infer: ModelInference['infer']): RunWorkflow {
      const done = (): Promise<void> => Promise.resolve();
      const server: ModelServer = {
        ...{ endpoint: 'http://models:8081', name: 'torchserve-1', close: done },
        inference: { infer, isHealthy: () => Promise.resolve(true) },
      };
      const functions: FunctionRuntime = {
        load: done,
        unload: done,
        close: done,
        call: () => Promise.reject(nodeFailed('m')),
      };
      return new RunWorkflow(functions, new ModelServerFleet([server], silentLogger));
    }

    it('that fails is named, and its model server in the log alone', async () => {
      const refusal = { endpoint: 'http://models:8081', answered: '507', message: 'Out of resources' };
      const run = onServer(() => Promise.reject(new TorchweaveError('modelServerRefused', refusal)));
      const error: unknown = await run.execute(workflow(spec(1)), request('x')).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'nodeFailed', data: { node: 'm', modelServer: 'http://models:8081' } });
      expect((error as TorchweaveError).toBody()).toEqual({
        ...{ code: 500, type: 'InternalServerException', message: 'Error executing m', node: 'm', attempts: 1 },
        errorCode: 'nodeFailed',
        reason: 'the model w__m on the model server torchserve-1 answered 507: Out of resources',
      });
    });

    it.each([
      [1, false],
      [2, true],
    ])('of batch-size %i says whether what goes wrong may be of another request', async (batchSize, isBatched) => {
      const asked: InferenceOptions[] = [];
      const run = onServer((_name, _input, options) => {
        asked.push(options);
        return Promise.resolve({ value: Buffer.from('ok') });
      });
      await run.execute(workflow(spec(batchSize)), request('x'));
      expect(asked).toMatchObject([{ isBatched }]);
    });
  });

  it('answers JSON where a number is none', async () => {
    const run = runner(() => Promise.resolve('{"score": NaN}'));
    expect(text((await run.execute(workflow('dag: {a: []}'), request('x'))).value)).toBe('{"score": null}');
  });
  describe('tells of a model that has failed', () => {
    const outcome = async (failure: TorchweaveError, retries = 1): Promise<{ error: unknown; calls: number }> => {
      let calls = 0;
      const server: Partial<ModelServer> = {
        ...{ endpoint: 'http://models:8081', name: 'torchserve-1' },
        inference: {
          infer: () => {
            calls += 1;
            return Promise.reject(failure);
          },
          isHealthy: () => Promise.resolve(true),
        },
      };
      const run = new RunWorkflow({} as FunctionRuntime, new ModelServerFleet([server as ModelServer], silentLogger));
      const spec = `models: {retry-attempts: ${retries}, timeout-ms: 500, up: {url: up.mar}}\ndag: {up: []}`;
      const error: unknown = await run.execute(workflow(spec), request('x')).catch((thrown: unknown) => thrown);
      return { error, calls };
    };
    const endpoint = 'http://models:8081';

    it('503 where its server is away, with the names of node, model and server', async () => {
      const away = new TorchweaveError('modelServerUnreachable', { endpoint, reason: 'connection refused' });
      expect(await outcome(away)).toMatchObject({
        error: {
          ...{ code: 'nodeUnavailable', status: 503 },
          message:
            'Error executing up: its model w__up is on the model server torchserve-1, which cannot be reached: connection ' +
            'refused. Try again; the server log names the address.',
        },
        calls: 2,
      });
    });

    it('504 where it did not answer in time', async () => {
      expect(await outcome(new TorchweaveError('modelServerLate', { endpoint, timeoutMs: 499.5 }))).toMatchObject({
        error: {
          ...{ code: 'nodeTimedOut', status: 504, data: { attempts: 2, timeoutMs: 500 } },
          message:
            'Error executing up: its model w__up on the model server torchserve-1 did not answer within 500 ms, ' +
            "the node's timeout-ms.",
        },
        calls: 2,
      });
    });

    it('500 with model, server and the server’s words, where it refuses', async () => {
      const message = 'Prediction failed';
      for (const code of ['modelFailed', 'modelBusy', 'modelMissing', 'modelServerRefused'] as const)
        expect(await outcome(new TorchweaveError(code, { endpoint, answered: '503', message }))).toMatchObject({
          error: {
            ...{ code: 'nodeFailed', status: 500, message: 'Error executing up' },
            data: { reason: 'the model w__up on the model server torchserve-1 answered 503: Prediction failed' },
          },
          calls: 2,
        });
    });

    it('500 in the server’s words alone, where its protocol marks no answers', async () => {
      expect(await outcome(new TorchweaveError('modelBusy', { endpoint, message: 'all is taken' }))).toMatchObject({
        error: { data: { reason: 'the model w__up on the model server torchserve-1 answered: all is taken' } },
      });
    });

    it.each([
      [422, 1],
      [513, 2],
    ])('what the model itself says to the client: %i', async (status, calls) => {
      const raised = new TorchweaveError('modelRaised', { endpoint, status, message: 'no picture' });
      expect(await outcome(raised)).toMatchObject({
        error: { code: 'nodeRaised', status, message: 'no picture', data: { node: 'up' } },
        calls,
      });
    });

    it('503 at once, without another try, where too many wait for it', async () => {
      const full = new TorchweaveError('overloaded', { what: 'requests', limit: 1, retryAfterSeconds: 1 });
      expect(await outcome(full, 5)).toMatchObject({ error: { code: 'overloaded', status: 503 }, calls: 1 });
    });

    it('503 where there is no model server', async () => {
      const run = new RunWorkflow({} as FunctionRuntime, new ModelServerFleet([], silentLogger));
      const running = run.execute(workflow('models: {up: {url: up.mar}}\ndag: {up: []}'), request('x'));
      await expect(running).rejects.toMatchObject({ code: 'nodeUnavailable', status: 503 });
    });
  });

  describe('tells who observes a request of the attempts of its nodes', () => {
    const told = (): { span: RequestSpan; attempts: string[] } => {
      const attempts: string[] = [];
      const span: RequestSpan = {
        attemptStarted: ({ name, kind }, attempt) => {
          attempts.push(`${kind} ${name} ${attempt}`);
          return {
            ended: ({ outcome, error, durationMs, waitedMs }) => {
              expect(durationMs).toBeGreaterThanOrEqual(0);
              attempts.push([name, attempt, outcome, error?.code, waitedMs].filter(Boolean).join(' '));
            },
          };
        },
        served: () => undefined,
        failed: () => undefined,
        ended: () => undefined,
      };
      return { span, attempts };
    };

    it('each with its beginning and its end, and how long it waited', async () => {
      const { span, attempts } = told();
      let calls = 0;
      const run = new RunWorkflow(
        {
          call: (_unit: string, node: string) =>
            (calls += 1) === 1
              ? Promise.reject(nodeFailed(node))
              : Promise.resolve({ value: Buffer.from('ok'), waitedMs: 3 }),
        } as unknown as FunctionRuntime,
        new ModelServerFleet([], silentLogger),
      );
      await run.execute(workflow('dag: {a: [b]}'), { ...request('x'), span });
      expect(attempts).toEqual([
        ...['function a 1', 'a 1 failed nodeFailed', 'function a 2', 'a 2 ok 3'],
        ...['function b 1', 'b 1 ok 3'],
      ]);
    });

    it('and hands the place of each attempt in a trace on, instead of what the client sent', async () => {
      const { span } = told();
      const traceparent = (node: string): string => `00-${node.repeat(32)}-${'b'.repeat(16)}-01`;
      const traced: RequestSpan = {
        ...span,
        attemptStarted: ({ name }) => ({ trace: { traceparent: traceparent(name) }, ended: () => undefined }),
      };
      const headers = { Traceparent: 'the client', tracestate: 'vendor=1', 'X-Tenant': 'blue' };
      const seen: unknown[] = [];
      const run = runner((_node, _input, options) => {
        seen.push(options.headers);
        return Promise.resolve('ok');
      });
      await run.execute(workflow('dag: {a: [b]}'), { ...request('x'), headers, span: traced });
      await run.execute(workflow('dag: {a: []}'), { ...request('x'), headers, span });
      expect(seen).toEqual([
        { 'X-Tenant': 'blue', traceparent: traceparent('a') },
        { 'X-Tenant': 'blue', traceparent: traceparent('b') },
        headers,
      ]);
    });

    it('as cancelled where another node has failed for good', async () => {
      const { span, attempts } = told();
      const run = runner((node, _input, { signal }) => {
        if (node === 'a') return Promise.resolve('a');
        if (node === 'c') return Promise.reject(nodeFailed(node));
        return new Promise((_, reject) => {
          signal.addEventListener('abort', { handleEvent: () => reject(signal.reason as Error) });
        });
      });
      const spec = 'models: {retry-attempts: 0}\ndag: {a: [b, c]}';
      await expect(run.execute(workflow(spec), { ...request('x'), span })).rejects.toThrow('Error executing c');
      await vi.waitFor(() => expect(attempts).toContain('b 1 cancelled nodeFailed'));
      expect(attempts).toContain('c 1 failed nodeFailed');
    });
  });
});
