/** What went into a node or came out of it. */
export interface KeptBody {
  readonly contentType?: string;
  /** Of the whole. */
  readonly size: number;
  readonly text?: string;
  readonly base64?: string;
  readonly cut: boolean;
}

/** An attempt of a node. */
export interface KeptSpan {
  readonly node: string;
  readonly attempt: number;
  /** From the start of the request. */
  readonly startedMs: number;
  readonly waitedMs?: number;
  readonly durationMs: number;
  readonly outcome: 'ok' | 'failed' | 'cancelled';
  readonly error?: { readonly message: string; readonly errorCode: string };
  /** The model server or the process. */
  readonly place?: string;
  readonly input?: KeptBody;
  readonly output?: KeptBody;
}

/** `GET /dashboard/api/requests/{id}`: a prediction that was kept. */
export interface KeptRequest {
  readonly id: string;
  readonly workflow: string;
  readonly version: number;
  readonly at: string;
  readonly durationMs: number;
  readonly status: number;
  readonly outcome: 'ok' | 'client_error' | 'failed' | 'cancelled';
  readonly why: 'slow' | 'failed' | 'sampled' | 'asked';
  readonly gateway: string;
  /** What its client was answered, where that was an error. */
  readonly error?: { readonly message: string; readonly errorCode: string };
  /** Attempts in the order of their start. */
  readonly spans: readonly KeptSpan[];
}

/** `GET /dashboard/api/requests`. */
export interface KeptRequestsPage {
  readonly rows: readonly Omit<KeptRequest, 'spans' | 'error'>[];
}

/** `POST /dashboard/api/try/{workflow}`: what a gateway has answered. */
export interface TriedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: KeptBody;
  readonly requestId: string;
  readonly durationMs: number;
}
