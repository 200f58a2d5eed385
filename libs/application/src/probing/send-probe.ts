import {
  answerDifference,
  ExecutionPlan,
  isTorchweaveError,
  longestProbe,
  placed,
  sourcePlaceOf,
  toTorchweaveError,
  TorchweaveError,
  type NodeOutput,
  type ProbeSpec,
  type WorkflowDefinition,
} from '@torchweave/domain';
import { Cancellation } from '@torchweave/kernel';
import type { ArchiveStore, UnpackedArchive } from '../ports/archive-store.js';
import type { RunWorkflow } from '../workflow-execution/run-workflow.js';

export interface SendProbePorts {
  readonly archives: Pick<ArchiveStore, 'open'>;
  readonly runner: Pick<RunWorkflow, 'execute'>;
}

/** A version that is loaded here and serves nobody yet. */
export interface ProbedVersion {
  readonly operationId: string;
  readonly definition: WorkflowDefinition;
  readonly functionUnitId: string | undefined;
}

/** ms that a version may take to answer its probe. */
const longestProbeMs = 30_000;

/**
 * Sends a version the probe of its spec, once, and observes nothing: neither metrics nor whoever keeps requests see it.
 *
 * @throws TorchweaveError `probeFailed` where the answer is not good; of the archive's fault where its files cannot be read.
 */
export async function sendProbe(ports: SendProbePorts, version: ProbedVersion): Promise<void> {
  const { probe, digest } = version.definition;
  if (probe === undefined) return;
  const archive = await ports.archives.open(digest);
  const [value, expected] = await Promise.all([readFile(archive, probe.file), readExpected(archive, probe)]);
  const cancellation = new Cancellation();
  const late = failed(version, { reason: `it has not answered within ${longestProbeMs / 1_000} s`, status: 504 });
  const timer = setTimeout(() => cancellation.abort(late), longestProbeMs);
  try {
    const request = {
      requestId: `probe-${version.operationId}`,
      headers: { 'content-type': probe.contentType, 'Torchweave-Probe': 'true' },
      ...{ input: [{ name: 'body', value, contentType: probe.contentType }], cancellation },
    };
    const output = await ports.runner.execute(runnable(version), request);
    try {
      judge(version, probe, output, expected);
    } finally {
      output.release?.();
    }
  } catch (thrown) {
    judgeError(version, probe, thrown);
  } finally {
    clearTimeout(timer);
  }
}

const runnable = ({ definition, functionUnitId }: ProbedVersion) => ({
  ...{ name: definition.name, version: definition.version, revision: 0, plan: new ExecutionPlan(definition) },
  ...(functionUnitId === undefined ? {} : { functionUnitId }),
});

async function readFile(archive: UnpackedArchive, file: string): Promise<Uint8Array> {
  const bytes = await archive.readBytes(file, longestProbe);
  if (bytes !== undefined) return bytes;
  throw new TorchweaveError('archiveEntryRefused', { entry: file, reason: 'the probe needs it, and it is not there' });
}

/** @throws TorchweaveError `archiveEntryRefused` where the file is not there, or is no JSON. */
async function readExpected(archive: UnpackedArchive, { answer }: ProbeSpec): Promise<{ json: unknown } | undefined> {
  if (answer === undefined) return undefined;
  const json = jsonOf(await readFile(archive, answer));
  if (json !== undefined) return { json };
  throw new TorchweaveError('archiveEntryRefused', {
    entry: answer,
    reason: 'the probe compares with it, and it is no JSON',
  });
}

/** @throws TorchweaveError `archiveEntryRefused` where a file that the probe names cannot be used. */
export async function assertProbeFiles(archive: UnpackedArchive, probe: ProbeSpec): Promise<void> {
  await readFile(archive, probe.file);
  await readExpected(archive, probe);
}

function judge(
  version: ProbedVersion,
  { status = 200 }: ProbeSpec,
  { value }: NodeOutput,
  expected: { json: unknown } | undefined,
): void {
  if (status !== 200) throw failed(version, { reason: `it has answered 200, not ${status}`, status: 400 });
  if (expected === undefined) return;
  const json = jsonOf(value);
  const difference = json === undefined ? 'its answer is no JSON' : answerDifference(expected.json, json);
  if (difference !== undefined) throw failed(version, { reason: difference, status: 400 });
}

/** @throws TorchweaveError `probeFailed`, unless it is the error that is expected. */
function judgeError(version: ProbedVersion, { status = 200 }: ProbeSpec, thrown: unknown): void {
  const error = toTorchweaveError(thrown);
  if (isTorchweaveError(error, 'probeFailed')) throw error;
  if (error.status === status) return;
  const reason = isTorchweaveError(error, 'nodeFailed')
    ? `${error.message}: ${error.data.reason}`
    : `it has answered ${error.status}: ${error.message}`;
  throw failed(version, { reason, status: statusOf(error), ...placed(sourcePlaceOf(error)) }, error);
}

/** What is away or late may be there for the next try; all else is for whoever has made the archive. */
const statusOf = ({ status }: TorchweaveError): number => ([503, 504].includes(status) ? status : 400);

type Failure = Pick<TorchweaveError<'probeFailed'>['data'], 'reason' | 'status' | 'place'>;

function failed({ definition }: ProbedVersion, failure: Failure, cause?: unknown): TorchweaveError<'probeFailed'> {
  const { name: workflow, version } = definition;
  return new TorchweaveError('probeFailed', { workflow, version, ...failure }, { cause });
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
