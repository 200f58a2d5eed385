import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { TorchweaveError, type ErrorRecord } from '@torchweave/domain';

type Jobs = Awaited<ReturnType<BullMQAdapter['getJobs']>>;
type Job = Jobs[number];
type Workers = Awaited<ReturnType<BullMQAdapter['getWorkers']>>;

/** Ids of jobs; BullMQ keeps records of its own beside them, which are none. */
const jobId = /^(?:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|repeat:[\w.-]+:\d+)$/i;

const unknownFailure = 'It was given up. The log of the worker names the cause under its id.';

const noFlows = { getFlow: () => Promise.resolve(undefined) };

/** A queue as the board tells of it: without what is for the log alone, such as stacks, paths, and the addresses of others. */
export class ToldQueue extends BullMQAdapter {
  override async getJob(id: string): ReturnType<BullMQAdapter['getJob']> {
    if (!jobId.test(id)) return undefined;
    const job = await super.getJob(id);
    return job === undefined ? undefined : told(job);
  }

  override async getJobs(...given: Parameters<BullMQAdapter['getJobs']>): Promise<Jobs> {
    return (await super.getJobs(...given)).map(told);
  }

  /** Jobs have no flows here; the board would read them past {@link told}. */
  override getFlowProducer(): ReturnType<BullMQAdapter['getFlowProducer']> {
    return Promise.resolve(noFlows as unknown as Awaited<ReturnType<BullMQAdapter['getFlowProducer']>>);
  }

  override async getWorkers(): Promise<Workers> {
    const workers = await super.getWorkers();
    return workers === null ? null : workers.map((worker) => ({ ...worker, addr: '' }));
  }
}

/** Changes what is told alone: what the board does to a job, it does by its id. */
function told(job: Job): Job {
  const error = errorIn(job.progress);
  const reason = job.failedReason ? { failedReason: error?.message ?? unknownFailure } : {};
  const progress = error === undefined ? {} : { progress: withTold(job.progress, error) };
  return Object.assign(job, { stacktrace: [], ...reason, ...progress });
}

const withTold = (progress: unknown, error: TorchweaveError): object => ({
  ...(progress as object),
  error: { code: error.code, data: toldData(error) },
});

/** What the error's sentence and its answer tell anyway. */
function toldData(error: TorchweaveError): object {
  const shown = error.toBody();
  return Object.fromEntries(
    Object.entries(error.data).filter(
      ([key, value]: [string, unknown]) => key in shown || error.message.includes(String(value)),
    ),
  );
}

/** Of a record that another version of ours, or another hand, may have written. */
function errorIn(progress: unknown): TorchweaveError | undefined {
  if (typeof progress !== 'object' || progress === null || !('error' in progress)) return undefined;
  try {
    return TorchweaveError.fromRecord(progress.error as ErrorRecord);
  } catch {
    return undefined;
  }
}
