import type { CatalogueArea } from './entry.js';

/** What the installation cannot do now. The data that each carries, by code. */
export interface SystemErrors {
  stateUnavailable: { reason: string; retryAfterSeconds: number };
  stateRefusesWrites: { cause: 'full' | 'disk' | 'replica'; retryAfterSeconds: number };
  /** `reason`: there is none, or the one that began has fallen silent. */
  gatewayAway: { reason: 'none' | 'silent'; retryAfterSeconds: number };
  overloaded: { what: string; limit: number; retryAfterSeconds: number };
  shuttingDown: { retryAfterSeconds: number };
  archiveStoreFull: Record<never, never>;
  openFilesExhausted: { retryAfterSeconds: number };
  internal: { reason: string };
}

/** Why Redis takes nothing new, and what to do. */
export const refusedWrites: Readonly<Record<SystemErrors['stateRefusesWrites']['cause'], string>> = {
  full: 'Redis refuses writes: it has reached its maxmemory. Unregister workflows or raise maxmemory.',
  disk: 'Redis refuses writes: it cannot write to its disk. See the log of Redis.',
  replica: 'Redis refuses writes: it is a replica, or has too few of them. Torchweave needs the primary.',
};

export const systemErrors: CatalogueArea<SystemErrors> = {
  stateUnavailable: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: () => 'The workflow state cannot be reached now: Redis, which keeps it, does not answer. Try again.',
  },
  stateRefusesWrites: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: (d) => refusedWrites[d.cause],
  },
  gatewayAway: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: (d) =>
      d.reason === 'none'
        ? 'No gateway is there to answer the request. Start one with "torchweave gateway", or see in its log why it has ended.'
        : 'The gateway that took the request is heard of no more. See in its log why, and try again.',
  },
  overloaded: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: (d) => `Too many ${d.what} (limit ${d.limit}). Try again.`,
  },
  shuttingDown: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: () => 'This server is shutting down. Try again.',
  },
  archiveStoreFull: {
    type: 'InsufficientStorageException',
    status: 507,
    message: () => 'The archive store has no space left. Free some, or give a larger --archive-store.',
  },
  openFilesExhausted: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: () =>
      'The server has as many files and connections open as the system lets it have. Try again, and raise that limit: ulimit -n, ' +
      'LimitNOFILE of systemd, --ulimit nofile of docker.',
  },
  internal: {
    type: 'InternalServerException',
    status: 500,
    message: () => 'An unexpected error happened. The server log names the cause under the request id.',
  },
};
