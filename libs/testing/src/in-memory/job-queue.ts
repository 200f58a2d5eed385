import {
  jobCatalogue,
  type JobContext,
  type JobHandlers,
  type JobName,
  type JobPayload,
  type JobQueue,
  type JobResult,
  type JobWorker,
  type Operation,
  type OperationHistory,
  type RecentOperations,
} from '@torchweave/application';
import { isTorchweaveError, TorchweaveError, toTorchweaveError } from '@torchweave/domain';

/** ms until a job is tried again whose state was away. */
const retryMs = 10;
const upkeep = 'reconcile-model-servers';

/** Everything that is known of one job. */
class Job {
  attempts = 0;
  startedAt: string | undefined;
  finishedAt: string | undefined;
  workflow: string | undefined;
  steps: Operation['steps'] = [];
  private readonly createdAt = now();
  private end: (ending: Promise<object>) => void = () => undefined;
  /** Of whoever waits: rejects with what the job has failed with. */
  ended: Promise<object>;
  private error: TorchweaveError | undefined;
  private cancellation = new AbortController();
  private round = 0;

  constructor(
    readonly id: string,
    readonly name: JobName,
    readonly payload: object,
  ) {
    this.ended = this.nextEnd();
  }

  private get runsAs(): string {
    const round = this.error === undefined ? this.round : this.round + 1;
    return round === 0 ? this.id : `${this.id}.${round}`;
  }

  private nextEnd(): Promise<object> {
    const ended = new Promise<object>((resolve) => (this.end = resolve));
    ended.catch(() => undefined);
    return ended;
  }

  get operation(): Operation {
    const { id, runsAs, name: kind, workflow, steps, attempts, createdAt, startedAt, finishedAt, error } = this;
    const ended = error === undefined ? 'succeeded' : 'failed';
    const begun = startedAt === undefined ? 'waiting' : 'running';
    return {
      ...{ id, runsAs, kind, state: finishedAt === undefined ? begun : ended, steps, attempts, createdAt },
      ...(workflow === undefined ? {} : { workflow }),
      ...(error === undefined ? {} : { error: error.toRecord() }),
      ...(startedAt === undefined ? {} : { startedAt }),
      ...(finishedAt === undefined ? {} : { finishedAt }),
    };
  }

  /** @returns false where it has to be tried again. */
  async run(handlers: JobHandlers): Promise<boolean> {
    this.attempts += 1;
    this.startedAt = now();
    this.steps = [];
    const handler = handlers[this.name] as (payload: object, context: JobContext) => Promise<object>;
    try {
      const result = await handler(this.payload, this.context());
      this.finishedAt = now();
      this.end(Promise.resolve(result));
    } catch (thrown) {
      const error = toTorchweaveError(thrown);
      if (isTorchweaveError(error, 'stateUnavailable')) return false;
      this.finishedAt = now();
      this.error = error;
      this.end(Promise.reject(TorchweaveError.fromRecord(error.toRecord())));
    }
    return true;
  }

  /** As it was before it was taken up. */
  retry(): void {
    this.round += 1;
    this.error = undefined;
    this.startedAt = undefined;
    this.finishedAt = undefined;
    this.cancellation = new AbortController();
    this.ended = this.nextEnd();
  }

  /** One that was never begun ends so. */
  cancel(): void {
    const error = new TorchweaveError('operationCancelled', { operationId: this.runsAs });
    this.cancellation.abort(error);
    if (this.startedAt !== undefined) return;
    this.finishedAt = now();
    this.error = error;
    this.end(Promise.reject(error));
  }

  private context(): JobContext {
    return {
      operationId: this.runsAs,
      signal: this.cancellation.signal,
      concerns: (workflow) => void (this.workflow = workflow),
      step: async (name, run) => {
        const startedAt = now();
        const begunAt = performance.now();
        const before = this.steps;
        this.steps = [...before, { name, startedAt }];
        return run().finally(() => {
          this.steps = [...before, { name, startedAt, durationMs: performance.now() - begunAt }];
        });
      },
    };
  }
}

const now = (): string => new Date().toISOString();

/** {@link JobQueue} in this process, and its workers; none of them dies. */
export class InMemoryJobQueue implements JobQueue, OperationHistory {
  private readonly jobs = new Map<string, Job>();
  private waiting: Job[] = [];
  private readonly workers = new Set<InMemoryJobWorker>();
  private upkeepTimer: NodeJS.Timeout | undefined;

  createWorker(handlers: JobHandlers): JobWorker {
    return new InMemoryJobWorker(handlers, {
      started: (worker) => {
        this.workers.add(worker);
        if (this.workers.size === 1) this.repeatUpkeep();
        this.handOut();
      },
      closing: (worker) => {
        this.workers.delete(worker);
        if (this.workers.size === 0) clearTimeout(this.upkeepTimer);
      },
      left: (job) => this.putBack(job),
    });
  }

  enqueue<Name extends JobName>(name: Name, payload: JobPayload<Name>, operationId: string): Promise<void> {
    if (!this.jobs.has(operationId)) {
      const job = new Job(operationId, name, structuredClone(payload));
      this.jobs.set(operationId, job);
      this.waiting.push(job);
      this.handOut();
    }
    return Promise.resolve();
  }

  async waitForEnd<Name extends JobName>(
    _name: Name,
    operationId: string,
    timeoutMs: number,
  ): Promise<JobResult<Name>> {
    const job = this.jobs.get(operationId);
    if (job === undefined) throw new TorchweaveError('operationNotFound', { operationId });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new TorchweaveError('operationPending', { operationId, waitedMs: timeoutMs })),
        timeoutMs,
      );
    });
    return Promise.race([job.ended as Promise<JobResult<Name>>, late]).finally(() => clearTimeout(timer));
  }

  operation(operationId: string): Promise<Operation | undefined> {
    return Promise.resolve(this.jobs.get(operationId)?.operation);
  }

  cancel({ id }: Operation): Promise<void> {
    const job = this.jobs.get(id);
    if (job !== undefined && job.finishedAt === undefined) job.cancel();
    this.waiting = this.waiting.filter(({ finishedAt }) => finishedAt === undefined);
    return Promise.resolve();
  }

  retry({ id }: Operation): Promise<void> {
    const job = this.jobs.get(id);
    if (job?.operation.state === 'failed') {
      job.retry();
      this.waiting.push(job);
      this.handOut();
    }
    return Promise.resolve();
  }

  recent(limit: number): Promise<RecentOperations> {
    const all = [...this.jobs.values()].map(({ operation }) => operation).reverse();
    const inState = (...states: readonly Operation['state'][]): Operation[] =>
      all.filter(({ state }) => states.includes(state)).slice(0, limit);
    const kept = new Set([...inState('waiting', 'running'), ...inState('succeeded'), ...inState('failed')]);
    const countOf = (phase: Operation['state']): number => all.filter(({ state }) => state === phase).length;
    return Promise.resolve({
      ...{ waiting: countOf('waiting'), running: countOf('running'), failedLastDay: countOf('failed') },
      operations: all.filter((operation) => kept.has(operation)),
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private handOut(): void {
    const [worker] = this.workers;
    if (worker === undefined) return;
    for (const job of this.waiting.splice(0)) void worker.run(job);
  }

  private putBack(job: Job): void {
    setTimeout(() => {
      this.waiting.push(job);
      this.handOut();
    }, retryMs).unref();
  }

  /** Whoever takes it, the next one begins when it has ended. */
  private repeatUpkeep(): void {
    const [worker] = this.workers;
    const { everyMs } = jobCatalogue[upkeep];
    void worker?.run(new Job(upkeep, upkeep, {})).finally(() => {
      if (this.workers.size > 0) this.upkeepTimer = setTimeout(() => this.repeatUpkeep(), everyMs).unref();
    });
  }
}

interface WorkerEvents {
  started(worker: InMemoryJobWorker): void;
  closing(worker: InMemoryJobWorker): void;
  /** A job is to be tried again. */
  left(job: Job): void;
}

class InMemoryJobWorker implements JobWorker {
  private readonly underWay = new Set<Promise<void>>();

  constructor(
    private readonly handlers: JobHandlers,
    private readonly events: WorkerEvents,
  ) {}

  start(): Promise<void> {
    this.events.started(this);
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.events.closing(this);
    await Promise.all(this.underWay);
  }

  run(job: Job): Promise<void> {
    const running = job.run(this.handlers).then((hasEnded) => {
      this.underWay.delete(running);
      if (!hasEnded && job.name !== upkeep) this.events.left(job);
    });
    this.underWay.add(running);
    return running;
  }
}
