import { jobNames, type JobOutcome, type JobSpan, type JobTelemetry, type StartedJob } from '@torchweave/application';
import { Counter, Histogram, type Registry } from 'prom-client';
import { jobBuckets } from './buckets.js';

/** Counts and times the jobs of a worker and their steps. */
export class JobMetrics implements JobTelemetry {
  private readonly jobs: Counter<'job' | 'outcome'>;
  private readonly duration: Histogram<'job' | 'outcome'>;
  private readonly steps: Histogram<'job' | 'step' | 'outcome'>;

  constructor(registry: Registry) {
    const registers = [registry];
    const buckets = jobBuckets;
    this.jobs = new Counter({
      name: 'torchweave_jobs_total',
      help: 'Jobs that this worker has ended: succeeded, failed, retried (left to another attempt), or left (to a newer worker).',
      labelNames: ['job', 'outcome'] as const,
      registers,
    });
    this.duration = new Histogram({
      name: 'torchweave_job_duration_seconds',
      help: 'Time that one run of a job took, without its wait in the queue.',
      labelNames: ['job', 'outcome'] as const,
      buckets,
      registers,
    });
    this.steps = new Histogram({
      name: 'torchweave_job_step_duration_seconds',
      help: 'Time of one step of a job.',
      labelNames: ['job', 'step', 'outcome'] as const,
      buckets,
      registers,
    });
  }

  /** Jobs of names that are not of the catalogue count together. */
  jobStarted({ name }: StartedJob): JobSpan {
    const job = jobNames.find((known) => known === name) ?? 'unknown';
    return {
      stepStarted: (step) => ({
        ended: (outcome, durationMs) => this.steps.observe({ job, step, outcome }, durationMs / 1_000),
      }),
      concerns: () => undefined,
      ended: (outcome, durationMs) => this.jobEnded(job, outcome, durationMs),
    };
  }

  private jobEnded(job: string, outcome: JobOutcome, durationMs: number): void {
    this.jobs.inc({ job, outcome });
    this.duration.observe({ job, outcome }, durationMs / 1_000);
  }
}
