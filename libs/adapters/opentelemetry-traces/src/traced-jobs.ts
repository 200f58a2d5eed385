import { SpanKind, SpanStatusCode, type Attributes, type Context, type Span, type Tracer } from '@opentelemetry/api';
import { jobCatalogue, jobNames, type JobOutcome, type JobSpan, type JobTelemetry } from '@torchweave/application';
import type { AbandonedRun, StartedJob, StepSpan } from '@torchweave/application';
import type { TorchweaveError } from '@torchweave/domain';
import { createHash } from 'node:crypto';
import type { ChosenIds } from './chosen-ids.js';
import { below, parentOf } from './span-context.js';

/**
 * A span a run of a job, below the request that asked for it, and one below it for each step. What repeats by itself has none.
 *
 * The span of a run has an id that follows from the operation and the run: a worker that takes a job over from one that was killed
 * sends the span that the other could not send, and the steps that the other did send hang below it.
 */
export class TracedJobs implements JobTelemetry {
  constructor(
    private readonly tracer: Tracer,
    private readonly ids: ChosenIds,
  ) {}

  jobStarted(job: StartedJob): JobSpan {
    const name = jobNames.find((known) => known === job.name);
    if (name !== undefined && 'everyMs' in jobCatalogue[name]) return untraced;
    const parent = parentOf(job.trace);
    if (job.abandoned !== undefined) this.sendAbandoned(job, job.abandoned, parent);
    return new TracedJob(this.tracer, this.begin(job, job.run, parent));
  }

  private begin({ name, operationId }: StartedJob, run: number, parent: Context, startTime = new Date()): Span {
    const known = jobNames.find((each) => each === name) ?? 'unknown';
    const attributes = { 'torchweave.operation_id': operationId, 'torchweave.job': known, 'torchweave.run': run };
    return this.ids.within(runId(operationId, run), () =>
      this.tracer.startSpan(`job ${known}`, { kind: SpanKind.CONSUMER, attributes, startTime }, parent),
    );
  }

  private sendAbandoned(job: StartedJob, { startedAt, step }: AbandonedRun, parent: Context): void {
    const span = this.begin(job, job.run - 1, parent, startedAt);
    end(span, 'abandoned', { 'torchweave.step': step, 'error.type': 'operationAbandoned' }, true);
  }
}

const runId = (operationId: string, run: number): string =>
  createHash('sha256').update(`${operationId} ${run}`).digest('hex').slice(0, 16);

class TracedJob implements JobSpan {
  private readonly context: Context;

  constructor(
    private readonly tracer: Tracer,
    private readonly span: Span,
  ) {
    this.context = below(span);
  }

  stepStarted(step: string): StepSpan {
    const span = this.tracer.startSpan(`step ${step}`, { attributes: { 'torchweave.step': step } }, this.context);
    return { ended: (outcome, _, error) => end(span, outcome, ofError(error), outcome === 'failed') };
  }

  concerns(workflow: string): void {
    this.span.setAttribute('torchweave.workflow', workflow);
  }

  ended(outcome: JobOutcome, _durationMs: number, error?: TorchweaveError): void {
    end(this.span, outcome, ofError(error), outcome === 'failed');
  }
}

const ofError = (error: TorchweaveError | undefined): Attributes =>
  error === undefined ? {} : { 'torchweave.error_code': error.code, 'error.type': error.code };

function end(span: Span, outcome: string, attributes: Attributes, isFailure: boolean): void {
  span.setAttributes({ 'torchweave.outcome': outcome, ...attributes });
  if (isFailure) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

const untraced: JobSpan = {
  stepStarted: () => ({ ended: () => undefined }),
  concerns: () => undefined,
  ended: () => undefined,
};
