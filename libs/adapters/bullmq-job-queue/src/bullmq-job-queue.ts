import {
  jobCatalogue,
  schemaVersionOf,
  type JobName,
  type JobPayload,
  type JobQueue,
  type JobResult,
} from '@torchweave/application';
import type {
  Logger,
  Operation,
  OperationHistory,
  OperationPhase,
  RecentOperations,
  TraceContext,
} from '@torchweave/application';
import { isTorchweaveError, TorchweaveError } from '@torchweave/domain';
import { within } from '@torchweave/kernel';
import {
  failedCommand,
  refusesWrites,
  writeRefusalOf,
  type RedisLink,
  type WriteRefusal,
} from '@torchweave/redis-client';
import { Queue, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import { cancelIn } from './cancelled-jobs.js';
import { JobEnds } from './job-ends.js';
import { jobIdOf, operationIdOf, progressOf, roundOf, type JobData } from './job-record.js';
import { LastingRefusal } from './lasting-refusal.js';
import { endedChannel, queueNameOf, queueNames, queuePrefix, type QueueName } from './queue-names.js';
import { recentIn, retryIn } from './recent-jobs.js';
import { acceptOperation, countWorkers, redisTime, workersKey } from './queue-scripts.js';

export interface BullMqOptions {
  readonly redis: RedisLink;
  readonly namespace: string;
  readonly logger: Logger;
}

export interface BullMqQueueOptions extends BullMqOptions {
  /** Of the request that leaves a job, where that is traced. */
  readonly trace?: (() => TraceContext | undefined) | undefined;
}

/** s that finished jobs are kept: `GET /operations/{id}` answers so long. */
const keepFinishedSeconds = 86_400;
const keepFinishedCount = 100_000;
/** ms that Redis may take to accept a job or to tell of one. */
const commandTimeoutMs = 5_000;
/** ms between two looks at a job whose end nobody has told. */
const longestWaitMs = 1_000;
/** ms that a job may wait for a worker before it is asked whether there is one. */
const workerPatienceMs = 3_000;
/** ms that Redis may refuse writes before whoever waits is told that nothing can end. */
const refusalPatienceMs = 10_000;

/** Ids of operations. */
const madeByUs = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/** {@link JobQueue} on BullMQ: one queue for what clients wait for, one for upkeep. */
export class BullMqJobQueue implements JobQueue, OperationHistory {
  /** The queues themselves, for a board that shows them. */
  readonly queues: ReadonlyMap<QueueName, Queue>;
  private constructor(
    private readonly options: BullMqQueueOptions,
    private readonly redis: Redis,
    private readonly ends: JobEnds,
  ) {
    this.queues = new Map(queueNames.map((name) => [name, this.createQueue(name)]));
  }

  /** @throws TorchweaveError `stateUnavailable` when Redis does not answer. */
  static async open(options: BullMqQueueOptions): Promise<BullMqJobQueue> {
    // Commands fail at once while Redis is away, so that the api can say so and nothing is enqueued later by itself.
    const redis = options.redis.client('jobs', { enableOfflineQueue: false, maxRetriesPerRequest: 0 });
    const ends = new JobEnds(options.redis, endedChannel(options.namespace));
    await options.redis.open([redis, ends.redis]);
    await ends.listen();
    return new BullMqJobQueue(options, redis, ends);
  }

  async enqueue<Name extends JobName>(name: Name, payload: JobPayload<Name>, operationId: string): Promise<void> {
    const parsed = jobCatalogue[name].payload.parse(payload) as JobPayload<Name>;
    const schemaVersion = schemaVersionOf(name, parsed);
    const acceptUntil = (await this.run(() => redisTime(this.redis))) + commandTimeoutMs;
    const trace = this.options.trace?.();
    const data: JobData = { schemaVersion, payload: parsed, acceptUntil, ...(trace === undefined ? {} : { trace }) };
    const queue = this.queueOf(name);
    const add = async (): Promise<boolean> => {
      await queue.add(name, data, { jobId: operationId }).catch((error: unknown) => this.refuse(error));
      return acceptOperation(this.redis, queue.toKey(operationId), acceptUntil);
    };
    const isAccepted = await this.run(add).catch((error: unknown) => {
      throw isUncertain(error) ? uncertain(operationId, writeRefusalOf(error.cause)) : error;
    });
    if (!isAccepted) throw uncertain(operationId);
  }

  /** Workers that take jobs, as far as they say so. */
  async workers(): Promise<number> {
    return this.run(() => countWorkers(this.redis, workersKey(queuePrefix(this.options.namespace))));
  }

  async waitForEnd<Name extends JobName>(name: Name, operationId: string, timeoutMs: number): Promise<JobResult<Name>> {
    const deadline = performance.now() + timeoutMs;
    let askAfter = performance.now() + workerPatienceMs;
    const refusals = new LastingRefusal(refusalPatienceMs);
    for (;;) {
      const end = this.ends.expect(operationId);
      try {
        const job = await this.find(name, operationId);
        const leftMs = deadline - performance.now();
        if (job.finishedOn !== undefined || leftMs <= 0) return endOf(name, job, timeoutMs);
        if (performance.now() > askAfter) {
          askAfter = performance.now() + workerPatienceMs;
          if (job.processedOn === undefined) await this.withdrawWithoutWorker(job);
          const refused = refusals.observe(await this.lastingRefusal());
          if (refused !== undefined) throw uncertain(operationId, refused);
        }
        await Promise.race([end.told, sleep(Math.min(leftMs, longestWaitMs), undefined, { ref: false })]);
      } finally {
        end.forget();
      }
    }
  }

  async operation(operationId: string): Promise<Operation | undefined> {
    const jobId = jobIdOf(operationId);
    for (const queue of this.queues.values()) {
      const job = await this.run(async () => ((await this.isJob(queue, jobId)) ? queue.getJob(jobId) : undefined));
      if (job !== undefined) return describeJob(job as Job);
    }
    return undefined;
  }

  async cancel({ id, kind }: Operation): Promise<void> {
    const hasEnded = await this.run(() => cancelIn(this.queueOf(kind), this.redis, id));
    if (!hasEnded) return;
    // Whoever waits finds out by itself, only later, where this fails.
    await this.redis.publish(endedChannel(this.options.namespace), id).catch((err: unknown) => {
      this.options.logger.debug({ operationId: id, err }, 'the end of an operation could not be told');
    });
  }

  async retry({ id, kind }: Operation): Promise<void> {
    await this.run(() => retryIn(this.queueOf(kind), id).catch((error: unknown) => this.refuse(error)));
  }

  async recent(limit: number): Promise<RecentOperations> {
    const queue = this.queues.get('operations') as Queue;
    return this.run(() => recentIn(queue, this.redis, limit, describeJob));
  }

  /** BullMQ keeps records of its own beside those of its jobs, under names that a client may give for an id. */
  private async isJob(queue: Queue, id: string): Promise<boolean> {
    if (madeByUs.test(id)) return true;
    const key = queue.toKey(id);
    return (await this.redis.type(key)) === 'hash' && (await this.redis.hexists(key, 'timestamp')) === 1;
  }

  async close(): Promise<void> {
    await Promise.all([...this.queues.values()].map((queue) => queue.close()));
    this.ends.close();
    this.redis.disconnect();
  }

  private createQueue(name: QueueName): Queue {
    const queue = new Queue(name, {
      connection: this.redis,
      prefix: queuePrefix(this.options.namespace),
      defaultJobOptions: {
        removeOnComplete: { age: keepFinishedSeconds, count: keepFinishedCount },
        removeOnFail: { age: keepFinishedSeconds, count: keepFinishedCount },
        // Only for what the worker itself cannot help, such as Redis being away; see BullMqJobWorker.
        attempts: 20,
        backoff: { type: 'fixed', delay: 1_000 },
      },
    });
    queue.on('error', (error) => this.options.redis.observeError(error));
    return queue;
  }

  /** @throws the error; TorchweaveError `stateRefusesWrites` where Redis has refused to write anything. */
  private refuse(error: unknown): never {
    const refusal = writeRefusalOf(error);
    if (refusal === undefined) throw error;
    this.options.redis.observeError(error);
    throw refusesWrites(refusal, error);
  }

  /** Why nothing that is under way can end. On a Redis that is full it can: it writes next to nothing. */
  private async lastingRefusal(): Promise<WriteRefusal | undefined> {
    const refusal = await this.run(() => this.options.redis.writeRefusal(this.redis));
    return refusal === 'full' ? undefined : refusal;
  }

  /** @throws TorchweaveError `noWorker` when nobody takes jobs; the job is gone then. */
  private async withdrawWithoutWorker(job: Job): Promise<void> {
    const isTaken = await this.run(
      async () => (await this.workers()) > 0 || (await hasOlderWorker(this.queueOf(job.name as JobName))),
    );
    if (isTaken) return;
    const isGone = await job.remove().then(
      () => true,
      // A worker was quicker, or Redis does not answer: that is met again at the next look.
      () => false,
    );
    if (isGone) throw new TorchweaveError('noWorker', { retryAfterSeconds: 5 });
  }

  private queueOf(name: JobName): Queue {
    const queue = this.queues.get(queueNameOf(name));
    if (queue === undefined) throw new Error(`no queue for ${name}`);
    return queue;
  }

  private async find(name: JobName, operationId: string): Promise<Job> {
    const job = await this.run(() => this.queueOf(name).getJob(operationId));
    if (job === undefined) throw new TorchweaveError('operationNotFound', { operationId });
    return job as Job;
  }

  private async run<T>(command: () => Promise<T>): Promise<T> {
    try {
      return await within(commandTimeoutMs, command(), () => new Error(`no answer within ${commandTimeoutMs} ms`));
    } catch (error) {
      if (error instanceof TorchweaveError) throw error;
      this.options.redis.observeError(error);
      throw failedCommand(error);
    }
  }
}

/** Of an error after which nobody knows whether Redis has the job. */
const isUncertain = (error: unknown): error is TorchweaveError<'stateUnavailable'> =>
  isTorchweaveError(error, 'stateUnavailable');

const uncertain = (operationId: string, refused?: WriteRefusal): TorchweaveError<'operationUncertain'> =>
  new TorchweaveError('operationUncertain', {
    ...{ operationId, retryAfterSeconds: 1 },
    ...(refused === undefined ? {} : { refused }),
  });

/** Workers of 0.1.0 say nothing; their connections have names. Where Redis tells no names, there is none. */
const hasOlderWorker = (queue: Queue): Promise<boolean> =>
  queue.getWorkersCount().then(
    (count) => count > 0,
    () => false,
  );

function endOf<Name extends JobName>(name: Name, job: Job, waitedMs: number): JobResult<Name> {
  const operationId = job.id ?? '';
  if (job.finishedOn === undefined) throw new TorchweaveError('operationPending', { operationId, waitedMs });
  if (hasFailed(job)) throw errorOf(job);
  return jobCatalogue[name].result.parse(job.returnvalue) as JobResult<Name>;
}

/** Of a finished job. Its `failedReason` may be left from an earlier attempt; every job of the catalogue has a result. */
const hasFailed = (job: Job): boolean => job.returnvalue === null || job.returnvalue === undefined;

/** The error a failed job ended with; one that BullMQ failed by itself was given up. */
function errorOf(job: Job): TorchweaveError {
  const { error } = progressOf(job);
  if (error !== undefined) return TorchweaveError.fromRecord(error);
  // BullMQ fails by itself only what worker after worker has died of.
  const reason = 'the workers that ran it ended before it did';
  return new TorchweaveError('operationAbandoned', { operationId: job.id ?? '', reason });
}

function phaseOf(job: Job): OperationPhase {
  if (job.finishedOn !== undefined) return hasFailed(job) ? 'failed' : 'succeeded';
  return job.processedOn === undefined ? 'waiting' : 'running';
}

const isoTime = (ms: number): string => new Date(ms).toISOString();

function describeJob(job: Job): Operation {
  const state = phaseOf(job);
  const progress = progressOf(job);
  const { steps, workflow } = progress;
  return {
    id: job.id ?? '',
    runsAs: operationIdOf(job.id ?? '', roundOf(progress)),
    kind: job.name as JobName,
    state,
    steps,
    ...(workflow === undefined ? {} : { workflow }),
    ...(state === 'failed' ? { error: errorOf(job).toRecord() } : {}),
    createdAt: isoTime(job.timestamp),
    ...(job.processedOn === undefined ? {} : { startedAt: isoTime(job.processedOn) }),
    ...(job.finishedOn === undefined ? {} : { finishedAt: isoTime(job.finishedOn) }),
    attempts: job.attemptsStarted,
  };
}
