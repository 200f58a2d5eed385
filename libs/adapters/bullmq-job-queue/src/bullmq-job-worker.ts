import {
  jobCatalogue,
  jobNames,
  longestRunMs,
  readJob,
  type JobContext,
  type JobHandlers,
  type JobName,
} from '@torchweave/application';
import type { JobOutcome, JobSpan, JobTelemetry, JobWorker, OperationStep } from '@torchweave/application';
import { isTorchweaveError, TorchweaveError, toTorchweaveError } from '@torchweave/domain';
import { failedCommand, refusesWrites, replyWordOf, writeRefusalOf } from '@torchweave/redis-client';
import { DelayedError, Queue, UnrecoverableError, Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BullMqOptions } from './bullmq-job-queue.js';
import { DelayedJobs } from './delayed-jobs.js';
import {
  abandonedRunOf,
  operationIdOf,
  progressOf,
  roundOf,
  traceOf,
  type JobData,
  type JobProgressRecord,
} from './job-record.js';
import { NewerJobs } from './newer-jobs.js';
import { endedChannel, queueNameOf, queueNames, queuePrefix, type QueueName } from './queue-names.js';
import { announceWorker, redisTime, workerLeaseMs, workersKey } from './queue-scripts.js';

export interface BullMqWorkerOptions extends BullMqOptions {
  /** Jobs of clients that one worker runs at once. */
  readonly concurrency: number;
  /** ms without a sign of life after which a job counts as abandoned by its worker. */
  readonly lockMs: number;
  /** ms that a job may be delayed before it goes on whatever the wall clock says. Default 15,000. */
  readonly longestDelayMs?: number;
  /** Who observes jobs, where anybody does. */
  readonly telemetry?: JobTelemetry | undefined;
}

const maintenanceIntervalMs = 5_000;
/** ms that a step may take before it is told of: soon enough for whoever watches. Every telling wakes the api. */
const tellAfterMs = 100;

/** ms between two tries to write what ends a job, while Redis takes no writes. */
const writeRetryMs = 100;
/** ms that a worker that is to end waits for a Redis that is away or takes no writes. */
const farewellMs = 1_000;
/** ms between two tries of BullMQ's own, for what it cannot ask Redis. */
const askAgainMs = 500;
/** ms between two looks for jobs under way that were cancelled. */
const lookMs = 500;
/** Workers that may die while they run one job: each may have been killed by anybody. What one more dies of is not tried again. */
const mostDeaths = 5;

/** Takes jobs from BullMQ and runs the handlers of the catalogue. */
export class BullMqJobWorker implements JobWorker {
  private workers: Worker[] = [];
  private delayed: DelayedJobs | undefined;
  private redis: Redis | undefined;
  private readonly id = randomUUID();
  private announcing: NodeJS.Timeout | undefined;
  private looking: NodeJS.Timeout | undefined;
  private isClosing = false;
  private closed: Promise<void> | undefined;
  private closeConnections: () => void = () => undefined;
  private readonly running = new Map<string, JobRun>();
  private readonly newer: NewerJobs;

  constructor(
    private readonly options: BullMqWorkerOptions,
    private readonly handlers: JobHandlers,
  ) {
    this.newer = new NewerJobs(options.logger);
  }

  /** Jobs that wait for a worker of a newer version, as far as they have come by here. */
  get jobsOfNewerVersions(): number {
    return this.newer.waiting;
  }

  /** @throws TorchweaveError `redisUnusable`; `stateRefusesWrites` and `stateUnavailable` where it cannot begin. */
  async start(): Promise<void> {
    const { redis: link, namespace, logger, longestDelayMs: patienceMs = 15_000 } = this.options;
    const prefix = queuePrefix(namespace);
    const redis = link.client('job-worker', { enableOfflineQueue: false, maxRetriesPerRequest: 0 });
    const jobs = link.client('jobs-taken', { maxRetriesPerRequest: null });
    await link.open([redis, jobs]);
    this.closeConnections = () => {
      clearInterval(this.looking);
      redis.disconnect();
      jobs.disconnect();
    };
    this.redis = redis;
    await this.scheduleRepeatingJobs(jobs);
    this.workers = queueNames.map((name) => this.createWorker(name, jobs));
    await Promise.all(this.workers.map((worker) => worker.waitUntilReady()));
    await this.announce(redis);
    this.announcing = setInterval(() => void this.announce(redis), workerLeaseMs / 3).unref();
    this.looking = setInterval(() => void this.stopCancelled(redis), lookMs).unref();
    this.delayed = new DelayedJobs({
      ...{ connection: redis, prefix, logger, patienceMs },
      queues: queueNames,
      intervalMs: patienceMs / 3,
    });
  }

  close(): Promise<void> {
    this.closed ??= this.end();
    return this.closed;
  }

  private async end(): Promise<void> {
    this.isClosing = true;
    clearInterval(this.announcing);
    const key = workersKey(queuePrefix(this.options.namespace));
    const observe = (err: unknown): void => this.options.redis.observeError(err);
    await this.redis?.zrem(key, this.id).catch(observe);
    let hasClosed = false;
    const parts = [...(this.delayed === undefined ? [] : [this.delayed]), ...this.workers];
    // Each whatever becomes of the others: what one of them runs is not to lose its connection for another's sake.
    const closed = Promise.all(parts.map((part) => part.close().catch(observe))).finally(() => (hasClosed = true));
    // Of a connection that is lost BullMQ waits for an end that does not come.
    await Promise.race([closed, this.untilUseless(() => hasClosed)]);
    this.closeConnections();
  }

  /**
   * What is under way cannot end on a Redis that is away or takes no writes: it is let go of, and others take it up. Where nothing is
   * under way there is nothing to wait for: BullMQ may wait for a command that was refused while Redis took no writes.
   */
  private async untilUseless(hasClosed: () => boolean): Promise<void> {
    for (let troubledMs = 0, idleMs = 0; troubledMs < farewellMs && idleMs < 2 * farewellMs && !hasClosed();) {
      await sleep(farewellMs / 10, undefined, { ref: false });
      idleMs = this.running.size === 0 ? idleMs + farewellMs / 10 : 0;
      troubledMs = this.options.redis.isTroubled ? troubledMs + farewellMs / 10 : 0;
      if (troubledMs > 0) for (const run of this.running.values()) run.lose();
    }
  }

  /** Whoever waits for a job asks whether there is a worker. */
  private async announce(redis: Redis): Promise<void> {
    try {
      await announceWorker(redis, workersKey(queuePrefix(this.options.namespace)), this.id);
    } catch (error) {
      this.options.redis.observeError(error);
    }
  }

  /** A message could be lost with its connection. */
  private async stopCancelled(redis: Redis): Promise<void> {
    const runs = [...this.running.values()];
    if (runs.length === 0) return;
    try {
      const marks = await Promise.all(runs.map(({ key }) => redis.hget(key, 'cancelled')));
      for (const [i, run] of runs.entries()) if (marks[i] === run.operationId) run.cancel();
    } catch (error) {
      this.options.redis.observeError(error);
    }
  }

  private createWorker(name: QueueName, connection: Redis): Worker {
    const { redis: link, namespace, concurrency, lockMs, logger } = this.options;
    const worker = new Worker(name, (job, token) => this.process(job, token ?? ''), {
      connection,
      prefix: queuePrefix(namespace),
      concurrency: name === 'operations' ? concurrency : 1,
      lockDuration: lockMs,
      stalledInterval: lockMs / 2,
      maxStalledCount: mostDeaths,
      runRetryDelay: askAgainMs,
    });
    worker.on('error', (error) => link.observeError(error));
    worker.on('stalled', (operationId) => logger.warn({ operationId }, 'taking up a job whose worker is gone'));
    if (name === 'operations') {
      worker.on('completed', (job) => this.tellEnd(job));
      worker.on('failed', (job) => this.tellEnd(job));
    }
    worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids) this.running.get(id)?.lose();
    });
    return worker;
  }

  /** Whoever waits finds out by itself, only later, where this fails. */
  private tellEnd(job: Job | undefined): void {
    const { namespace, logger } = this.options;
    if (job?.finishedOn === undefined) return;
    this.redis?.publish(endedChannel(namespace), job.id ?? '').catch((err: unknown) => {
      logger.debug({ operationId: job.id, err }, 'the end of an operation could not be told');
    });
  }

  private async scheduleRepeatingJobs(connection: Redis): Promise<void> {
    const { redis: link, namespace } = this.options;
    const queue = new Queue('maintenance', { connection, prefix: queuePrefix(namespace) });
    queue.on('error', (error) => link.observeError(error));
    try {
      for (const name of jobNames.filter((job) => queueNameOf(job) === 'maintenance')) {
        const { everyMs = maintenanceIntervalMs, schemaVersion }: { everyMs?: number; schemaVersion: number } =
          jobCatalogue[name];
        const opts = { removeOnComplete: { count: 20 }, removeOnFail: { count: 100 } };
        await queue.upsertJobScheduler(name, { every: everyMs }, { name, data: { schemaVersion, payload: {} }, opts });
      }
    } catch (error) {
      this.closeConnections();
      const refusal = writeRefusalOf(error);
      throw refusal === undefined ? failedCommand(error) : refusesWrites(refusal, error);
    } finally {
      await queue.close();
    }
  }

  /** One line of work: parse, run the handler, classify the error. */
  private async process(job: Job, token: string): Promise<unknown> {
    const run = new JobRun(job, this.keyOf(job), this.options);
    const startedAt = performance.now();
    const ended = (outcome: JobOutcome, error?: TorchweaveError): void =>
      run.span?.ended(outcome, performance.now() - startedAt, error);
    this.running.set(job.id ?? '', run);
    try {
      await this.refuseExpired(job);
      const result = await this.handle(job, token, run);
      await this.whenWritable(run, () => run.flush());
      ended('succeeded');
      return result;
    } catch (thrown) {
      if (thrown instanceof DelayedError) {
        ended('left');
        throw thrown;
      }
      const error = toTorchweaveError(thrown);
      if (isTorchweaveError(error, 'stateUnavailable') || run.isLost) {
        ended('retried', error);
        // BullMQ leaves a job that it cannot put back to the lock's end.
        await this.whenWritable(run, () => run.flush()).catch((err: unknown) => this.options.redis.observeError(err));
        throw error;
      }
      ended('failed', error);
      await this.whenWritable(run, () => run.recordFailure(error));
      throw new UnrecoverableError(error.message);
    } finally {
      this.running.delete(job.id ?? '');
      run.end();
    }
  }

  /** A command that came to Redis when it had been given up is not carried out. */
  private async refuseExpired(job: Job): Promise<void> {
    const { acceptUntil } = job.data as JobData;
    const { redis, options } = this;
    if (acceptUntil === undefined || redis === undefined || job.attemptsStarted > 1 || job.attemptsMade > 0) return;
    const key = this.keyOf(job);
    const [now, accepted] = await Promise.all([redisTime(redis), redis.hget(key, 'accepted')]).catch(
      (cause: unknown) => {
        options.redis.observeError(cause);
        const reason = 'it cannot be asked when the job came';
        throw new TorchweaveError('stateUnavailable', { reason, retryAfterSeconds: 1 }, { cause });
      },
    );
    if (now > acceptUntil && accepted === null) {
      throw new TorchweaveError('operationExpired', { operationId: job.id ?? '' });
    }
  }

  /** Writes what ends a run; waits where Redis takes no writes for a moment, as long as the run holds its job. */
  private async whenWritable(run: JobRun, write: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await write();
        return;
      } catch (error) {
        this.options.redis.observeError(error);
        if (replyWordOf(error) === undefined || run.isLost || this.isClosing) throw error;
        await sleep(writeRetryMs);
      }
    }
  }

  private async handle(job: Job, token: string, run: JobRun): Promise<unknown> {
    const { schemaVersion, payload } = job.data as JobData;
    const stored = readJob(job.name, schemaVersion, payload);
    if (this.redis === undefined) throw new Error('the worker has not started');
    if ('newer' in stored) return this.newer.leave(this.redis, this.keyOf(job), job, token, stored.newer);
    const handler = this.handlers[stored.name] as (payload: unknown, context: JobContext) => Promise<unknown>;
    return handler(stored.payload, run);
  }

  private keyOf(job: Job): string {
    return `${queuePrefix(this.options.namespace)}:${job.queueName}:${job.id ?? ''}`;
  }
}

/** What a handler sees of its job; keeps the steps in the job's progress. */
class JobRun implements JobContext {
  readonly operationId: string;
  readonly span: JobSpan | undefined;
  /** True when another worker may hold the job: nothing may be written any more. */
  isLost = false;
  private readonly cancellation = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private tellTimer: NodeJS.Timeout | undefined;
  private progress: JobProgressRecord;

  constructor(
    private readonly job: Job,
    /** Of the job's hash. */
    readonly key: string,
    private readonly options: BullMqWorkerOptions,
  ) {
    const before = progressOf(job);
    const { workflow } = before;
    const round = roundOf(before);
    this.operationId = operationIdOf(job.id ?? '', round);
    this.span = options.telemetry?.jobStarted({
      name: job.name,
      operationId: this.operationId,
      run: job.attemptsStarted,
      trace: traceOf(job),
      abandoned: abandonedRunOf(job, before),
    });
    if (workflow !== undefined) this.span?.concerns(workflow);
    this.progress = { steps: [], ...(workflow === undefined ? {} : { workflow }), ...(round === 0 ? {} : { round }) };
    const timeoutMs = longestRunMs(job.name);
    const reason = `it took longer than ${timeoutMs} ms`;
    this.timer = setTimeout(() => this.cancellation.abort(abandoned(this.operationId, reason)), timeoutMs).unref();
  }

  get signal(): AbortSignal {
    return this.cancellation.signal;
  }

  lose(): void {
    this.isLost = true;
    this.cancellation.abort(abandoned(this.operationId, 'another worker may hold the job now'));
  }

  /** What it does is stopped, and undone. */
  cancel(): void {
    this.cancellation.abort(new TorchweaveError('operationCancelled', { operationId: this.operationId }));
  }

  /** A job that is out of time can still undo what it did; one that is lost cannot begin anything. */
  async step<T>(name: string, run: () => Promise<T>): Promise<T> {
    if (this.isLost) this.signal.throwIfAborted();
    const startedAt = performance.now();
    const step: OperationStep = { name, startedAt: new Date().toISOString() };
    this.progress = { ...this.progress, steps: [...this.progress.steps, step] };
    this.tellSoon();
    const span = this.span?.stepStarted(name);
    const ended = (outcome: 'succeeded' | 'failed', error?: TorchweaveError): number => {
      const durationMs = Math.round((performance.now() - startedAt) * 10) / 10;
      span?.ended(outcome, durationMs, error);
      return durationMs;
    };
    try {
      const result = await run();
      this.endStep(step, ended('succeeded'));
      this.advance(name);
      return result;
    } catch (error) {
      this.endStep(step, ended('failed', toTorchweaveError(error)));
      throw error;
    }
  }

  /** Kept in memory until it is told with the next step, or with the job's end. */
  private endStep(step: OperationStep, durationMs: number): void {
    this.progress = { ...this.progress, steps: [...this.progress.steps.slice(0, -1), { ...step, durationMs }] };
  }

  /** A step that is none of those in which nothing fails brings the job no further. */
  private advance(step: string): void {
    const { steps } = jobCatalogue[this.job.name as JobName];
    const done = steps.indexOf(step) + 1;
    if (done > 0) this.progress = { ...this.progress, progress: Math.round((100 * done) / steps.length) };
  }

  concerns(workflow: string): void {
    this.span?.concerns(workflow);
    this.progress = { ...this.progress, workflow };
    this.tellSoon();
  }

  async recordFailure(error: TorchweaveError): Promise<void> {
    await this.write({ ...this.progress, error: error.toRecord() });
  }

  /** Writes what is not written yet. */
  async flush(): Promise<void> {
    await this.write(this.progress);
  }

  end(): void {
    clearTimeout(this.timer);
    clearTimeout(this.tellTimer);
  }

  /** For those who watch; a failure is met again by the write that ends the job. */
  private tellSoon(): void {
    this.tellTimer ??= setTimeout(() => {
      if (this.isLost) return;
      this.flush().catch((error: unknown) =>
        this.options.logger.debug({ operationId: this.operationId, err: error }, 'a step could not be told'),
      );
    }, tellAfterMs);
  }

  private async write(progress: JobProgressRecord): Promise<void> {
    clearTimeout(this.tellTimer);
    this.tellTimer = undefined;
    this.progress = progress;
    await this.job.updateProgress(progress);
  }
}

const abandoned = (operationId: string, reason: string): TorchweaveError<'operationAbandoned'> =>
  new TorchweaveError('operationAbandoned', { operationId, reason });
