import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace';
import type { StartedJob } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { describe, expect, it } from 'vitest';
import { ChosenIds } from './chosen-ids.js';
import { TracedJobs } from './traced-jobs.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const trace = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
const job: StartedJob = { name: 'register-workflow', operationId: 'op', run: 1, trace };

/** A worker of its own each. */
function worker(): { jobs: TracedJobs; spans: () => ReadableSpan[] } {
  const exporter = new InMemorySpanExporter();
  const idGenerator = new ChosenIds();
  const provider = new TracerProvider({ idGenerator, spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  return { jobs: new TracedJobs(provider.getTracer('test'), idGenerator), spans: () => exporter.getFinishedSpans() };
}

describe('a traced job', () => {
  it('is below the request that asked for it, and its steps below it', () => {
    const { jobs, spans } = worker();
    const span = jobs.jobStarted(job);
    span.concerns('digits');
    span.stepStarted('fetch-archive').ended('succeeded', 1);
    const error = new TorchweaveError('workflowNotInStore', { url: 'a' });
    span.stepStarted('read-archive').ended('failed', 1, error);
    span.ended('failed', 2, error);
    const [first, second, run] = spans();
    expect(run?.parentSpanContext).toMatchObject({ traceId, spanId: '00f067aa0ba902b7' });
    for (const step of [first, second]) expect(step?.parentSpanContext?.spanId).toBe(run?.spanContext().spanId);
    expect([run?.name, first?.name, second?.name]).toEqual([
      ...['job register-workflow', 'step fetch-archive', 'step read-archive'],
    ]);
    expect([first?.status.code, second?.status.code, run?.status.code]).toEqual([0, 2, 2]);
    expect(run?.attributes).toEqual({
      ...{ 'torchweave.job': 'register-workflow', 'torchweave.operation_id': 'op', 'torchweave.run': 1 },
      ...{ 'torchweave.workflow': 'digits', 'torchweave.outcome': 'failed' },
      ...{ 'torchweave.error_code': 'workflowNotInStore', 'error.type': 'workflowNotInStore' },
    });
  });

  it('that is taken over has the span that the killed worker could not send, with the id that its steps know', () => {
    const killed = worker();
    killed.jobs.jobStarted(job).stepStarted('reserve-name').ended('succeeded', 1);
    const [sent] = killed.spans();
    const next = worker();
    const abandoned = { startedAt: new Date('2026-01-01T00:00:00Z'), step: 'register-nodes' };
    next.jobs.jobStarted({ ...job, run: 2, abandoned }).ended('succeeded', 1);
    const [lost, run] = next.spans();
    expect(lost?.spanContext()).toMatchObject({ traceId, spanId: sent?.parentSpanContext?.spanId });
    expect(lost?.startTime).toEqual([Date.parse('2026-01-01T00:00:00Z') / 1_000, 0]);
    expect(lost?.attributes).toMatchObject({ 'torchweave.outcome': 'abandoned', 'torchweave.step': 'register-nodes' });
    expect(lost?.status.code).toBe(2);
    expect(run?.spanContext().spanId).not.toBe(lost?.spanContext().spanId);
  });

  it('begins a trace where its request had none', () => {
    const { jobs, spans } = worker();
    const { trace: _, ...own } = job;
    jobs.jobStarted(own).ended('succeeded', 1);
    expect(spans()[0]?.parentSpanContext).toBeUndefined();
  });

  it('of a name that a newer version left is told without it', () => {
    const { jobs, spans } = worker();
    jobs.jobStarted({ ...job, name: 'x'.repeat(10_000) }).ended('left', 1);
    expect(spans()[0]?.name).toBe('job unknown');
    expect(spans()[0]?.attributes['torchweave.job']).toBe('unknown');
  });

  it('has no span where it repeats by itself', () => {
    const { jobs, spans } = worker();
    const span = jobs.jobStarted({ name: 'reconcile-model-servers', operationId: 'op', run: 1 });
    span.concerns('digits');
    span.stepStarted('restore-models').ended('succeeded', 1);
    span.ended('succeeded', 1);
    expect(spans()).toEqual([]);
  });
});
