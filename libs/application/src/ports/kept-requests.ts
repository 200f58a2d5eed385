import type { AttemptOutcome, RequestOutcome } from './telemetry.js';

/** Why a request is kept: somebody asked for it, the server was at fault, it took long, or as one of a sample. */
export const keepReasons = ['asked', 'failed', 'slow', 'sampled'] as const;
export type KeepReason = (typeof keepReasons)[number];

/** Why something has not gone well, as a client is told it. */
export interface KeptFault {
  readonly message: string;
  readonly errorCode: string;
}

/** What went into a node or came out of it: text, or base64 of what is none. */
export interface KeptBody {
  readonly contentType?: string;
  /** bytes of the whole. */
  readonly size: number;
  readonly text?: string;
  readonly base64?: string;
  /** Whether there was more than is kept. */
  readonly cut: boolean;
}

/** One attempt of a node. Times in ms. */
export interface KeptAttempt {
  readonly node: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** From the start of the request. */
  readonly startedMs: number;
  /** How much of it passed before the node began, where that is known. */
  readonly waitedMs?: number;
  readonly durationMs: number;
  readonly outcome: AttemptOutcome;
  readonly error?: KeptFault;
  /** The model server that it ran on, where that is known. */
  readonly place?: string;
  /** Only where somebody asked for the request to be kept. */
  readonly input?: KeptBody;
  readonly output?: KeptBody;
}

/** A prediction in one line. */
export interface KeptSummary {
  /** Its `x-request-id`; a client may have sent several under one. */
  readonly id: string;
  readonly workflow: string;
  /** 0 where it was not known which was to answer. */
  readonly version: number;
  /** When it came: ISO 8601, UTC, by its gateway's clock. */
  readonly at: string;
  /** ms. */
  readonly durationMs: number;
  /** 0 where none was sent. */
  readonly status: number;
  readonly outcome: RequestOutcome;
  readonly why: KeepReason;
  /** The id of the gateway. */
  readonly gateway: string;
}

/** A prediction that was kept. */
export interface KeptRequest extends KeptSummary {
  /** What its client was answered, where that was an error. */
  readonly error?: KeptFault;
  /** In the order of their start. */
  readonly spans: readonly KeptAttempt[];
}

/** Which requests are looked for; all that is given must hold. */
export interface KeptQuery {
  readonly workflow?: string | undefined;
  readonly outcome?: RequestOutcome | undefined;
  /** Part of the id. */
  readonly search?: string | undefined;
  /** How many at most. */
  readonly limit: number;
}

/**
 * Requests that gateways have left to be looked at. Each gateway has a share, bounded in number and bytes, from which its oldest go
 * first; all of them go by age. All methods throw TorchweaveError `stateUnavailable`.
 */
export interface KeptRequests {
  /** Adds requests of one gateway, oldest first. */
  add(gatewayId: string, requests: readonly KeptRequest[]): Promise<void>;
  /** Newest first. */
  list(query: KeptQuery): Promise<readonly KeptSummary[]>;
  /** The newest with that id; undefined where there is none. */
  find(id: string): Promise<KeptRequest | undefined>;
}
