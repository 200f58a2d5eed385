import {
  InMemorySpanExporter,
  ParentBasedSampler,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { AlwaysOnSampler, type ReadableSpan } from '@opentelemetry/sdk-trace';
import type { StartedRequest } from '@torchweave/application';
import { TorchweaveError, type WorkflowNode } from '@torchweave/domain';
import { describe, expect, it } from 'vitest';
import { TracedChanges } from './traced-changes.js';
import { TracedRequests } from './traced-requests.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentId = '00f067aa0ba902b7';
const traceparent = `00-${traceId}-${parentId}-01`;
const error = new TorchweaveError('nodeFailed', { node: 'net', attempts: 1, reason: 'secret' });
const net = { name: 'net', kind: 'model' } as WorkflowNode;

const request = (headers: StartedRequest['headers'] = {}): StartedRequest => ({
  ...{ workflow: 'digits', requestId: 'r', method: 'POST', route: '/wfpredict/:name', headers },
});

function observer(): { requests: TracedRequests; changes: TracedChanges; spans: () => ReadableSpan[] } {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('test');
  return {
    requests: new TracedRequests(tracer),
    changes: new TracedChanges(tracer),
    spans: () => exporter.getFinishedSpans(),
  };
}

describe('a traced request', () => {
  it('is below what its client names, and each attempt below it', () => {
    const { requests, spans } = observer();
    const span = requests.requestStarted(request({ traceparent, tracestate: 'vendor=1' }));
    const attempt = span.attemptStarted(net, 2);
    attempt.ended({ outcome: 'ok', durationMs: 1, waitedMs: 4 });
    span.served(3);
    span.ended('ok', 200);
    const [ofNode, ofRequest] = spans();
    expect(span.traceId).toBe(traceId);
    expect(ofRequest?.parentSpanContext).toMatchObject({ traceId, spanId: parentId });
    expect(ofNode?.parentSpanContext?.spanId).toBe(ofRequest?.spanContext().spanId);
    expect(attempt.trace).toEqual({
      traceparent: `00-${traceId}-${ofNode?.spanContext().spanId ?? ''}-01`,
      tracestate: 'vendor=1',
    });
    expect([ofNode?.name, ofRequest?.name]).toEqual(['node net', 'POST /wfpredict/:name']);
    expect(ofNode?.attributes).toEqual({
      ...{ 'torchweave.node': 'net', 'torchweave.node_kind': 'model', 'torchweave.attempt': 2 },
      ...{ 'torchweave.outcome': 'ok', 'torchweave.waited_ms': 4 },
    });
    expect(ofRequest?.attributes).toMatchObject({ 'torchweave.workflow': 'digits', 'torchweave.version': 3 });
  });

  it.each([
    ['without one', {}],
    ['with one that is none', { traceparent: '00-ab-cd-01', tracestate: 'vendor=1' }],
    ['with two', { traceparent: `${traceparent}, ${traceparent}` }],
    ['with a long one', { traceparent: `${traceparent}-${'x'.repeat(10_000)}` }],
  ])('begins a trace %s', (_, headers) => {
    const { requests, spans } = observer();
    requests.requestStarted(request(headers)).ended('ok', 200);
    expect(spans()[0]?.parentSpanContext).toBeUndefined();
    expect(spans()[0]?.spanContext().traceId).not.toBe(traceId);
  });

  it('is not recorded where its client is not, and hands that on', () => {
    const { requests, spans } = observer();
    const span = requests.requestStarted(request({ traceparent: traceparent.replace(/01$/, '00') }));
    const attempt = span.attemptStarted(net, 1);
    attempt.ended({ outcome: 'failed', durationMs: 1, error });
    span.served(1);
    span.failed(error);
    span.ended('failed', 500);
    expect(attempt.trace?.traceparent).toMatch(new RegExp(`^00-${traceId}-[\\da-f]{16}-00$`));
    expect(spans()).toEqual([]);
  });

  it.each([
    ['failed', 503, 2, 'nodeFailed'],
    ['client_error', 422, 0, undefined],
    ['cancelled', undefined, 0, undefined],
  ] as const)(
    'that has %s (%s) tells the code of its error, and nothing that was said',
    (outcome, status, code, type) => {
      const { requests, spans } = observer();
      const span = requests.requestStarted(request());
      span.attemptStarted(net, 1).ended({ outcome: 'failed', durationMs: 1, error });
      span.failed(error);
      span.ended(outcome, status);
      const [ofNode, ofRequest] = spans();
      expect([ofNode?.status, ofNode?.attributes['error.type']]).toEqual([{ code: 2 }, 'nodeFailed']);
      expect(ofRequest?.status).toEqual({ code });
      expect(ofRequest?.attributes['torchweave.error_code']).toBe('nodeFailed');
      expect(ofRequest?.attributes['error.type']).toBe(type);
      expect(ofRequest?.attributes['http.response.status_code']).toBe(status);
      const told = spans().map(({ attributes, events }) => ({ attributes, events }));
      expect(JSON.stringify(told)).not.toContain('secret');
    },
  );
});

describe('a traced change', () => {
  it('is below what its client names, and is what its job goes on with', () => {
    const { changes, spans } = observer();
    const change = changes.changeStarted({ ...request({ traceparent }), route: '/workflows' });
    change.ended(409);
    changes.changeStarted(request()).ended(undefined);
    const [refused, left] = spans();
    expect(change.trace.traceparent).toBe(`00-${traceId}-${refused?.spanContext().spanId ?? ''}-01`);
    expect(refused?.attributes['http.response.status_code']).toBe(409);
    expect(left?.attributes).toMatchObject({ 'torchweave.outcome': 'cancelled' });
  });
});
