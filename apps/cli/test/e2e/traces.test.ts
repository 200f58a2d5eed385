import { specText, workflowFiles, zipOf } from '@torchweave/testing/builders';
import { OtlpReceiver, spanTree, type ReceivedSpan } from '@torchweave/testing/otlp';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { unregisterAll } from './support/unregister-all.js';
import { missingTorchServe, TestSystem } from './support/torchweave.js';
import { fillStores } from './support/write-archives.js';

const missing = missingTorchServe();

/** A client's own trace, and its span in it. */
const traceOf = (digit: string): { traceId: string; traceparent: string } => {
  const traceId = digit.repeat(32);
  return { traceId, traceparent: `00-${traceId}-${clientSpan}-01` };
};
const clientSpan = '00f067aa0ba902b7';

/** Fails at its first call in a process, and tells the trace that it sees. */
const flaky = `
calls = 0

def split(data, context):
    return None if data is None else [context.get_request_header(0, "traceparent")]

def left(data, context):
    global calls
    if data is None:
        return None
    calls += 1
    if calls == 1:
        raise ValueError("the first call fails")
    print("left was called")
    return [context.get_request_header(0, "traceparent")]

def right(data, context):
    return None if data is None else [context.get_request_header(0, "traceparent")]

def join(data, context):
    return None if data is None else [data[0]["left"]]
`;

const sleepy = `
import time

def fast(data, context):
    return None if data is None else ["on"]

def slow(data, context):
    if data is not None:
        print("slow has begun", flush=True)
        time.sleep(60)
    return None if data is None else ["late"]
`;

/** Sends a span of its own below the one that it is given, as OTLP in JSON, and answers the trace as it sees it. */
const spanning = (collector: string): string => `
import json, urllib.request

def work(data, context):
    if data is None:
        return None
    trace = context.trace
    span = {"traceId": trace.trace_id, "parentSpanId": trace.span_id, "spanId": "00000000000000aa", "name": "inside"}
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()
    post = urllib.request.Request("${collector}/v1/traces", body, {"content-type": "application/json"})
    urllib.request.urlopen(post).read()
    return [{"sampled": trace.sampled, "headers": trace}]
`;

describe.skipIf(missing !== undefined)(`traces${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let system: TestSystem;
  let collector: OtlpReceiver;

  beforeAll(async () => {
    collector = await OtlpReceiver.start();
    system = await TestSystem.start({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=blue',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
      OTEL_BSP_SCHEDULE_DELAY: '50',
    });
    fillStores(system.workflowStore, system.modelStore);
  });
  afterEach(() => unregisterAll(system.management));
  afterAll(async () => {
    await system.dispose();
    await collector.close();
  });

  const write = async (
    name: string,
    handler: string,
    dag: Record<string, string[]>,
    settings: Record<string, unknown> = {},
  ): Promise<void> => {
    const files = workflowFiles({ name, spec: specText({ models: {}, dag, settings }), handler });
    writeFileSync(join(system.workflowStore, `${name}.war`), await zipOf(files));
  };
  const register = async (name: string, headers: Record<string, string> = {}): Promise<void> => {
    const answer = await fetch(`${system.management}/workflows?url=${name}.war`, { method: 'POST', headers });
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('registered')]);
  };
  /** The spans of one trace, when there are so many of the name. */
  const spansOf = async (traceId: string, name: string, count = 1): Promise<ReceivedSpan[]> => {
    const of = (spans: readonly ReceivedSpan[]): ReceivedSpan[] => spans.filter((span) => span.traceId === traceId);
    return of(await collector.until((spans) => of(spans).filter((span) => span.name === name).length >= count));
  };
  const outcome = ({ name, attributes }: ReceivedSpan): string => `${name} ${String(attributes['torchweave.outcome'])}`;
  const prediction = 'POST /wfpredict/:name';

  it('of a diamond with a retry have a span an attempt, below the one of the request, below its client', async () => {
    await write('diamond-once', flaky, { split: ['left', 'right'], left: ['join'], right: ['join'] });
    await register('diamond-once');
    const { traceId, traceparent } = traceOf('1');
    const headers = { traceparent, tracestate: 'vendor=1', 'x-request-id': 'traced-1', authorization: 'Bearer secret' };
    const url = `${system.inference}/wfpredict/diamond-once?token=secret`;
    const answer = await fetch(url, { method: 'POST', body: 'secret', headers });
    const spans = await spansOf(traceId, prediction);
    expect(spanTree(spans, clientSpan, outcome)).toEqual([
      [
        `${prediction} ok`,
        expect.arrayContaining(['node split ok', 'node left failed', 'node left ok', 'node right ok', 'node join ok']),
      ],
    ]);
    expect(spans).toHaveLength(6);
    const [request] = spans.filter(({ name }) => name === prediction);
    expect(request).toMatchObject({
      ...{ kind: 2, status: 0, traceState: 'vendor=1' },
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/wfpredict/:name',
        'http.response.status_code': 200,
        'torchweave.request_id': 'traced-1',
        'torchweave.workflow': 'diamond-once',
        'torchweave.version': 1,
      },
      resource: { 'service.name': 'torchweave-gateway', 'deployment.environment.name': 'test' },
    });
    const attempts = spans.filter(({ name }) => name === 'node left');
    expect(attempts.map(({ status, attributes }) => [attributes['torchweave.attempt'], status])).toEqual([
      [1, 2],
      [2, 0],
    ]);
    // What the function saw is the span of its own attempt.
    expect(await answer.text()).toBe(`00-${traceId}-${attempts[1]?.spanId ?? ''}-01`);
    expect(JSON.stringify(spans, (_, value: unknown) => (typeof value === 'bigint' ? '' : value))).not.toContain(
      'secret',
    );
    expect(collector.headers.at(-1)).toMatchObject({ 'x-tenant': 'blue' });
    await system.app('gateway').waitForOutput(new RegExp(`"trace_id":"${traceId}".*left was called`));
  });

  it('go on in a function, which makes spans of its own below its attempt', async () => {
    await write('spanning', spanning(collector.url), { work: [] });
    await register('spanning');
    const { traceId, traceparent } = traceOf('6');
    const headers = { traceparent, tracestate: 'vendor=1' };
    const answer = await fetch(`${system.inference}/wfpredict/spanning`, { method: 'POST', body: 'x', headers });
    const spans = await spansOf(traceId, prediction);
    expect(spanTree(spans, clientSpan)).toEqual([[prediction, [['node work', ['inside']]]]]);
    const attempt = spans.find(({ name }) => name === 'node work')?.spanId ?? '';
    expect(await answer.json()).toEqual({
      sampled: true,
      headers: { traceparent: `00-${traceId}-${attempt}-01`, tracestate: 'vendor=1' },
    });
  });

  it('of a request whose client hangs up tell what was cancelled, and no status', async () => {
    await write('hang-up', sleepy, { fast: ['slow'] });
    await register('hang-up');
    const { traceId, traceparent } = traceOf('2');
    const client = request(`${system.inference}/wfpredict/hang-up`, { method: 'POST', headers: { traceparent } });
    client.on('error', () => undefined);
    client.end('x');
    await system.app('gateway').waitForOutput(/slow has begun/);
    client.destroy();
    const spans = await spansOf(traceId, prediction);
    expect(spanTree(spans, clientSpan, outcome)).toEqual([
      [`${prediction} cancelled`, ['node fast ok', 'node slow cancelled']],
    ]);
    expect(spans.map(({ status }) => status)).toEqual([0, 0, 0]);
    expect(spans.find(({ name }) => name === prediction)?.attributes).not.toHaveProperty('http.response.status_code');
  });

  it('of a registration whose worker is killed go on where another takes it over', async () => {
    const { traceId, traceparent } = traceOf('3');
    await system.stopApp('worker');
    const doomed = await system.startStoppingWorker('after-reserve-name', 'doomed');
    const url = `${system.management}/workflows?url=chain.war&synchronous=false`;
    const accepted = await fetch(url, { method: 'POST', headers: { traceparent } });
    const { operationId } = (await accepted.json()) as { operationId: string };
    await doomed.waitForOutput(/race point reached/);
    const operation = async (): Promise<string> =>
      (await fetch(`${system.management}/operations/${operationId}`)).text();
    await vi.waitUntil(async () => (await operation()).includes('reserve-name'), { timeout: 10_000, interval: 50 });
    await spansOf(traceId, 'step reserve-name');
    await system.stopApp('doomed', 'SIGKILL');
    await system.startApp('worker');
    const spans = await spansOf(traceId, 'job register-workflow', 2);
    const [change] = spans.filter(({ name }) => name === 'POST /workflows');
    expect(change).toMatchObject({ parentSpanId: clientSpan, resource: { 'service.name': 'torchweave-api' } });
    const runs = spans.filter(({ name }) => name === 'job register-workflow');
    expect(runs.map(outcome).sort()).toEqual(['job register-workflow abandoned', 'job register-workflow succeeded']);
    for (const run of runs) expect(run.parentSpanId).toBe(change?.spanId);
    const [abandoned] = runs.filter(({ attributes }) => attributes['torchweave.outcome'] === 'abandoned');
    expect(abandoned).toMatchObject({
      status: 2,
      attributes: { 'torchweave.run': 1, 'torchweave.step': 'reserve-name' },
    });
    const before = spans.filter(({ parentSpanId }) => parentSpanId === abandoned?.spanId).map(({ name }) => name);
    expect(before).toEqual(expect.arrayContaining(['step fetch-archive', 'step reserve-name']));
    const [done] = runs.filter(({ attributes }) => attributes['torchweave.outcome'] === 'succeeded');
    expect(done?.attributes).toMatchObject({ 'torchweave.run': 2, 'torchweave.workflow': 'chain' });
    const steps = spans.filter(({ parentSpanId }) => parentSpanId === done?.spanId).map(({ name }) => name);
    expect(steps).toEqual(expect.arrayContaining(['step commit', 'step await-gateways']));
    // Every span has its place, those that the killed worker sent too.
    const ids = new Set([clientSpan, ...spans.map(({ spanId }) => spanId)]);
    expect(spans.filter(({ parentSpanId }) => !ids.has(parentSpanId))).toEqual([]);
  });

  it('are not sent where the client says that its own is not, and the models are told so', async () => {
    await write('unsampled', flaky, { split: [] });
    await register('unsampled');
    const { traceId, traceparent } = traceOf('4');
    const unsampled = traceparent.replace(/01$/, '00');
    const init = { method: 'POST', body: 'x', headers: { traceparent: unsampled } };
    const answer = await fetch(`${system.inference}/wfpredict/unsampled`, init);
    expect(await answer.text()).toMatch(new RegExp(`^00-${traceId}-[\\da-f]{16}-00$`));
    const sampled = traceOf('5');
    await fetch(`${system.inference}/wfpredict/unsampled`, { ...init, headers: { traceparent: sampled.traceparent } });
    await spansOf(sampled.traceId, prediction);
    expect(collector.spans.filter((span) => span.traceId === traceId)).toEqual([]);
  });
});
