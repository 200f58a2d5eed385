import { TorchweaveError } from '@torchweave/domain';
import { replyWordOf } from './redis-fault.js';

/** Why Redis takes no writes, though it answers. */
export type WriteRefusal = TorchweaveError<'stateRefusesWrites'>['data']['cause'];

/** The words by which Redis says that it takes no writes, before the first space of its reply. */
const refusals: Readonly<Record<string, WriteRefusal>> = {
  OOM: 'full',
  MISCONF: 'disk',
  READONLY: 'replica',
  NOREPLICAS: 'replica',
};
/** s after which it may be tried again: somebody has to make room first; a replica may be the primary in a moment. */
const retryAfter: Readonly<Record<WriteRefusal, number>> = { full: 5, disk: 5, replica: 1 };

/** @returns undefined where the error says something else. */
export function writeRefusalOf(error: unknown): WriteRefusal | undefined {
  return refusals[replyWordOf(error) ?? ''];
}

/** What a client is answered while Redis takes no writes for that reason. */
export function refusesWrites(cause: WriteRefusal, error: unknown): TorchweaveError<'stateRefusesWrites'> {
  return new TorchweaveError('stateRefusesWrites', { cause, retryAfterSeconds: retryAfter[cause] }, { cause: error });
}

/**
 * What a client is answered when a command has failed: `stateUnavailable`, but `stateRefusesWrites` where Redis is full: waiting
 * does not help there, and a replica may be the primary in a moment.
 */
export function failedCommand(error: unknown): TorchweaveError<'stateUnavailable' | 'stateRefusesWrites'> {
  if (writeRefusalOf(error) === 'full') return refusesWrites('full', error);
  const reason = error instanceof Error ? error.message : String(error);
  return new TorchweaveError('stateUnavailable', { reason, retryAfterSeconds: 1 }, { cause: error });
}
