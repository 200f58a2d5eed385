import { isTorchweaveError, TorchweaveError, type NodeFailure } from '@torchweave/domain';

/** A node that cannot be registered, and the HTTP status that tells why. */
export interface StepFailure extends NodeFailure {
  readonly status: number;
}

/** Statuses of a model server that are an archive's or a spec's fault: it is not there, or cannot be used. */
const archivesFault = new Set([400, 404, 413]);

/** Statuses that are told as they are, the weightiest first: the rest of them is 400, the archive's fault. */
const serversFault = [500, 507, 503, 504];

/** The status of one node's failure: 400 where the archive has to change, 503, 504 and 507 where the operator has, else 500. */
export function registrationStatus(error: TorchweaveError): number {
  if (isTorchweaveError(error, 'functionLoadFailed')) return 400;
  if (isTorchweaveError(error, 'modelServerRefused')) {
    const { status } = error.data;
    return archivesFault.has(status) ? 400 : status === 507 ? 507 : 500;
  }
  if (error.status < 500) return 400;
  return serversFault.includes(error.status) ? error.status : 500;
}

/** The error of a registration: what is nobody's fault but ours is told first, the archive's fault last. */
export function registrationFailure(workflow: string, found: readonly StepFailure[]): TorchweaveError {
  const failures = found.map(({ node, reason }): NodeFailure => ({ node, reason }));
  const statuses = new Set(found.map(({ status }) => status));
  const status = serversFault.find((each) => statuses.has(each)) ?? 400;
  return new TorchweaveError('registrationFailed', { workflow, failures, status });
}
