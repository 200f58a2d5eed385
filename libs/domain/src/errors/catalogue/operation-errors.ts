import type { CatalogueArea } from './entry.js';
import { refusedWrites, type SystemErrors } from './system-errors.js';

/** What becomes of operations. The data that each carries, by code. */
export interface OperationErrors {
  operationNotFound: { operationId: string };
  requestNotKept: { requestId: string };
  operationPending: { operationId: string; waitedMs: number };
  operationUncertain: {
    operationId: string;
    retryAfterSeconds: number;
    /** Where Redis answers and takes no writes. */
    refused?: SystemErrors['stateRefusesWrites']['cause'];
  };
  operationExpired: { operationId: string };
  operationAbandoned: { operationId: string; reason: string };
  operationCancelled: { operationId: string };
  operationNotCancellable: { operationId: string; why: keyof typeof lasting };
  operationNotRetryable: { operationId: string; why: keyof typeof unrepeated };
  operationOfNewerVersion: { operationId: string; reason: string; waitedSeconds: number };
  errorOfOtherVersion: { code: string };
  noWorker: { retryAfterSeconds: number };
  idempotencyKeyReused: { key: string };
}

/** Why what an operation has done stays. */
const lasting = {
  committed: 'what it makes is served already. Change the workflow once more instead',
  removing: 'what it removes is on its way out, and goes to the end',
  ended: 'it has ended. What it ended with is told at GET /operations/{id}',
  upkeep: 'it is upkeep, which repeats by itself',
} as const;

/** Why an operation is not begun anew. */
const unrepeated = {
  waiting: 'it waits for a worker already',
  running: 'it is under way',
  succeeded: 'it has succeeded. Send the request again to do the same once more',
  upkeep: 'it is upkeep, which repeats by itself',
} as const;

export const operationErrors: CatalogueArea<OperationErrors> = {
  operationNotFound: {
    type: 'OperationNotFoundException',
    status: 404,
    message: (d) => `Operation not found: ${d.operationId}. Finished operations are kept for a day.`,
  },
  requestNotKept: {
    type: 'ResourceNotFoundException',
    status: 404,
    message: (d) =>
      `Request not kept: ${d.requestId}. Failed and slow ones, and a sample of the others, are kept for an hour at most. Send it again ` +
      'with the header x-torchweave-keep: 1.',
  },
  operationPending: {
    type: 'OperationPendingException',
    status: 504,
    message: (d) =>
      `The operation has not ended after ${d.waitedMs} ms and goes on. Follow it at GET /operations/${d.operationId}.`,
    shows: ['operationId'],
  },
  operationUncertain: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: (d) =>
      `${d.refused === undefined ? 'Redis, which keeps the state, did not answer in time.' : refusedWrites[d.refused]} What became of ` +
      `the operation is told at GET /operations/${d.operationId}: it is not begun any more where that has no answer when Redis ${
        d.refused === undefined ? 'is back' : 'takes writes again'
      }.`,
    shows: ['operationId'],
  },
  operationExpired: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: (d) =>
      `Operation ${d.operationId} came to Redis when its request had been given up, and was not begun. Send the request again.`,
  },
  operationAbandoned: {
    type: 'InternalServerException',
    status: 500,
    message: (d) => `Operation ${d.operationId} was given up and undone: ${d.reason}`,
  },
  operationCancelled: {
    type: 'ConflictStatusException',
    status: 409,
    message: (d) => `Operation ${d.operationId} was cancelled on request: nothing of what it had done is left.`,
    shows: ['operationId'],
  },
  operationNotCancellable: {
    type: 'ConflictStatusException',
    status: 409,
    message: (d) => `Operation ${d.operationId} cannot be cancelled any more: ${lasting[d.why]}.`,
  },
  operationNotRetryable: {
    type: 'ConflictStatusException',
    status: 409,
    message: (d) => `Operation ${d.operationId} cannot be begun anew: ${unrepeated[d.why]}.`,
  },
  operationOfNewerVersion: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: (d) =>
      `Operation ${d.operationId} was left by a newer version of Torchweave (${d.reason}), and no worker of that version has taken it ` +
      `within ${d.waitedSeconds} s. It was not begun. Start such a worker and send the request again.`,
  },
  errorOfOtherVersion: {
    type: 'InternalServerException',
    status: 500,
    message: (d) =>
      `It failed with ${d.code}, an error of another version of Torchweave that this one does not know. Ask a server of that version.`,
  },
  noWorker: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: () =>
      'No worker takes operations: this one was taken back. Start one with "torchweave worker" and send the request again.',
  },
  idempotencyKeyReused: {
    type: 'UnprocessableEntityException',
    status: 422,
    message: (d) =>
      `Idempotency-Key "${d.key}" belongs to another request of the last day. Send this one under a key of its own; ` +
      'one that is sent again must be the same in all but synchronous.',
  },
};
