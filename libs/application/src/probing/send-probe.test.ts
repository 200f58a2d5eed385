import { defineWorkflow, parseManifest, parseSpec, TorchweaveError, type NodeOutput } from '@torchweave/domain';
import { manifestText, workflowFiles, zipOf } from '@torchweave/testing/builders';
import { InMemoryArchiveStore } from '@torchweave/testing/in-memory/archive-store';
import { describe, expect, it } from 'vitest';
import type { RunnableWorkflow, WorkflowRequest } from '../workflow-execution/run-workflow.js';
import { sendProbe } from './send-probe.js';

const dag = 'dag: {pre: [post]}\n';
const files = { 'probe.json': '{"a": 1}', 'good.json': '{"label": 3}', 'no.json': '{' };

interface Sent {
  readonly workflow: RunnableWorkflow;
  readonly request: WorkflowRequest;
}

/** Sends the probe of a spec to a version that answers so. */
async function send(probe: string, answer: () => Promise<NodeOutput>): Promise<Sent | undefined> {
  const archives = new InMemoryArchiveStore();
  const packed = await zipOf(workflowFiles({ name: 'w', spec: dag + probe, files }));
  const { digest } = await archives.put(
    (async function* () {
      yield await Promise.resolve(packed);
    })(),
  );
  const spec = parseSpec(dag + probe, 'spec.yaml');
  const manifest = parseManifest(manifestText({ workflowName: 'w' }));
  const definition = defineWorkflow({ url: 'w.war', digest, manifest, spec });
  let sent: Sent | undefined;
  const execute = (workflow: RunnableWorkflow, request: WorkflowRequest): Promise<NodeOutput> => {
    sent = { workflow, request };
    return answer();
  };
  await sendProbe({ archives, runner: { execute } }, { operationId: 'op', definition, functionUnitId: 'unit' });
  return sent;
}

const answering = (text: string) => () => Promise.resolve({ value: new TextEncoder().encode(text) });
const failing = (error: Error) => () => Promise.reject(error);
const raised = (status: number): TorchweaveError =>
  new TorchweaveError('nodeRaised', { node: 'pre', status, message: 'no' });

describe('sendProbe', () => {
  it('sends the file with its type, under a name of its own, to the version as it is loaded', async () => {
    const sent = await send('probe: probe.json\n', answering('anything'));
    expect(sent?.workflow).toMatchObject({ name: 'w', version: 1, functionUnitId: 'unit' });
    expect(sent?.request).toMatchObject({
      ...{ requestId: 'probe-op', headers: { 'content-type': 'application/json', 'Torchweave-Probe': 'true' } },
      input: [{ name: 'body', contentType: 'application/json', value: Buffer.from('{"a": 1}') }],
    });
    expect(sent?.request.span).toBeUndefined();
  });

  it('sends nothing where the spec has none', async () => {
    expect(await send('', failing(new Error('it was sent')))).toBeUndefined();
  });

  it.each([
    ['an answer that has what is expected', '{file: probe.json, answer: good.json}', answering('{"label": 3, "p": 1}')],
    ['an error that is expected', '{file: probe.json, status: 422}', failing(raised(422))],
  ])('takes %s for good', async (_, probe, answer) => {
    await expect(send(`probe: ${probe}\n`, answer)).resolves.toBeDefined();
  });

  const nodeFailed = new TorchweaveError('nodeFailed', {
    ...{ node: 'pre', attempts: 2, reason: 'KeyError', place: { file: 'h.py', line: 3 } },
  });
  const away = { node: 'up', model: 'w__up', server: 'one', attempts: 1, reason: 'refused', retryAfterSeconds: 2 };
  it.each([
    [
      'another answer',
      '{file: probe.json, answer: good.json}',
      answering('{"label": 4}'),
      400,
      /its answer\.label is 4, not 3/,
    ],
    ['no JSON', '{file: probe.json, answer: good.json}', answering('label 3'), 400, /its answer is no JSON/],
    [
      'an answer where an error is expected',
      '{file: probe.json, status: 422}',
      answering('x'),
      400,
      /answered 200, not 422/,
    ],
    ['another error', '{file: probe.json, status: 422}', failing(raised(423)), 400, /answered 423: no/],
    ['a node that fails', 'probe.json', failing(nodeFailed), 400, /Error executing pre: KeyError/],
    ['a model that is away', 'probe.json', failing(new TorchweaveError('nodeUnavailable', away)), 503, /answered 503/],
    ['what nobody has foreseen', 'probe.json', failing(new TypeError('x')), 400, /answered 500/],
  ])('takes %s for bad', async (_, probe, answer, status, message) => {
    await expect(send(`probe: ${probe}\n`, answer)).rejects.toMatchObject({
      ...{ code: 'probeFailed', status, message: expect.stringMatching(message) as string },
    });
  });

  it('tells where an exception was raised', async () => {
    await expect(send('probe: probe.json\n', failing(nodeFailed))).rejects.toMatchObject({
      data: { place: { file: 'h.py', line: 3 } },
    });
  });

  it.each([
    'probe: none.json\n',
    'probe: {file: probe.json, answer: none.json}\n',
    'probe: {file: probe.json, answer: no.json}\n',
  ])('sends nothing where a file cannot be used: %s', async (probe) => {
    const sent = send(probe, failing(new Error('it was sent')));
    await expect(sent).rejects.toMatchObject({ code: 'archiveEntryRefused', status: 400 });
  });
});
