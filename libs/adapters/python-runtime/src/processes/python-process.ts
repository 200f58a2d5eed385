import { isOutOfFiles, startDeadline } from '@torchweave/kernel';
import type { SourcePlace } from '@torchweave/domain';
import type { HandlerFailure, LoadFailure } from '../protocol/answer-content.js';
import { decodeOutputs, mostFrameBytes, type Answer, type RowOutput } from '../protocol/answer-frame.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { encodeRequest, encodeTakeBack, type RequestRow } from '../protocol/request-frame.js';
import { ProcessConnection, type ConnectionUser } from './process-connection.js';
import { describeExit, isFromOutside, restedExitCode, type ProcessExit } from './process-exit.js';
import type { ProcessOwner } from './process-spec.js';

/** How an executed exchange went. */
export type CallAnswer =
  | { readonly kind: 'ok'; readonly micros: number; readonly outputs: readonly RowOutput[] }
  | { readonly kind: 'failed'; readonly micros: number; readonly failure: HandlerFailure };

/** A request to a process and what becomes of its answer. */
export interface Exchange {
  readonly entry: number;
  readonly rows: readonly RequestRow[];
  /** ms that it may execute before the process is killed. */
  readonly limitMs: number;
  /** µs that it will probably execute. */
  readonly costMicros: number;
  answered(answer: CallAnswer): void;
}

/** Whoever gives a process work. */
export interface ProcessUser {
  /** A place in the process has become free. `micros`: how long the exchange executed, where it did. */
  answered(process: PythonProcess, exchange: Exchange, micros: number | undefined): void;
  ended(process: PythonProcess, left: UnfinishedWork): void;
}

/** What a process that has ended leaves without an answer. */
export interface UnfinishedWork {
  readonly executing: Exchange | undefined;
  /** Not begun, oldest first. */
  readonly waiting: readonly Exchange[];
  /** The exchange that the process was killed for. */
  readonly overdue: Exchange | undefined;
}

/** Which node and request something was said for. */
export interface SpokenFor {
  readonly node: string | undefined;
  /** None where several requests were executed together. */
  readonly requestId: string | undefined;
  /** As the headers of that request name it. */
  readonly traceparent: string | undefined;
}

interface SentExchange {
  readonly callId: number;
  readonly exchange: Exchange;
  takenBack: boolean;
  /** Whether the system has not taken all of its values yet: their memory is still read. */
  isLeaving: boolean;
}

/** A process did not load what it was started for. */
export class ProcessLoadError extends Error {
  /** @param isFromOutside it was ended by somebody else: another try may load. */
  constructor(
    readonly reason: string,
    readonly functionName?: string,
    readonly isFromOutside = false,
    /** True when Python has told it: the process is sound, what it was to load is not. */
    readonly isRaised = false,
    /** Where the archive's own code has raised it. */
    readonly place?: SourcePlace,
  ) {
    super(reason);
  }
}

/** Calls that output may still be told of: it comes another way than answers do, and later. */
const rememberedCalls = 256;

/** ms between the two signs of a process's end, its lost connection and the supervisor's report. */
const endGraceMs = 250;

/** One Python process: its connection, what it was sent and has not answered yet, and the clock of what it executes. */
export class PythonProcess implements ConnectionUser {
  /** Resolves when the process takes requests; rejects with {@link ProcessLoadError}. */
  readonly loaded: Promise<void>;
  readonly ended: Promise<void>;
  /** When it has told that it takes requests. */
  loadedAt = Infinity;
  user: ProcessUser | undefined;
  pid: number | undefined;
  exit: ProcessExit | undefined;
  /** What it sent that is no answer, and was ended for. */
  violation: ProtocolError | undefined;
  /** No more work: it was killed, told to end, or has ended. */
  leaving = false;
  answeredCount = 0;
  /** When its last exchange was answered; since then it idles, unless {@link outstanding} says otherwise. */
  headSince = 0;
  /** µs of work that it probably has before it. */
  queuedMicros = 0;

  private readonly sent: SentExchange[] = [];
  private readonly rememberedIds: (string | undefined)[] = [];
  private readonly rememberedTraces: (string | undefined)[] = [];
  private readonly rememberedEntries: number[] = [];
  private connection: ProcessConnection | undefined;
  private nextCallId = 0;
  private hasToldLoad = false;
  private overdue: Exchange | undefined;
  private watchdog: NodeJS.Timeout | undefined;
  private watchdogAt = Infinity;
  private endTimer: NodeJS.Timeout | undefined;
  private readonly loadTimer: NodeJS.Timeout;
  private resolveLoaded: () => void = () => undefined;
  private rejectLoaded: (error: ProcessLoadError) => void = () => undefined;
  private resolveEnded: () => void = () => undefined;

  /**
   * @param nodes the names of its entries, where they have some.
   * @param maxValueBytes of a row's answer.
   * @param requestKill has the supervisor kill the process and everything it forked.
   */
  constructor(
    readonly id: string,
    readonly owner: ProcessOwner,
    private readonly nodes: readonly string[],
    loadTimeoutMs: number,
    private readonly maxValueBytes: number,
    private readonly requestKill: () => void,
  ) {
    this.loaded = new Promise((resolve, reject) => {
      this.resolveLoaded = resolve;
      this.rejectLoaded = reject;
    });
    this.loaded.catch(() => undefined);
    this.ended = new Promise((resolve) => (this.resolveEnded = resolve));
    this.loadTimer = setTimeout(() => {
      this.rejectLoaded(new ProcessLoadError(`it was not loaded within ${loadTimeoutMs} ms`));
      this.kill();
    }, loadTimeoutMs);
  }

  /** Exchanges sent and not answered. */
  get outstanding(): number {
    return this.sent.length;
  }

  /** True when it has ended because its supervisor has. */
  get wentWithSupervisor(): boolean {
    return this.exit?.code === null && this.exit.signal === null;
  }

  /** Why it has ended, as a person reads it. */
  get endReason(): string {
    return this.violation?.message ?? describeExit(this.exit ?? { code: null, signal: null });
  }

  /** ms that the present exchange has been executing. */
  busyMs(now: number): number {
    return this.sent.length === 0 ? 0 : now - this.headSince;
  }

  send(exchange: Exchange): void {
    const { connection } = this;
    if (connection === undefined) throw new Error('the process is not connected');
    const callId = (this.nextCallId = (this.nextCallId + 1) >>> 0);
    const chunks = encodeRequest(callId, exchange.entry, exchange.rows);
    // One chunk is a copy of everything.
    const sent = { callId, exchange, takenBack: false, isLeaving: chunks.length > 1 };
    this.sent.push(sent);
    const place = callId % rememberedCalls;
    const only = exchange.rows.length === 1 ? exchange.rows[0] : undefined;
    this.rememberedIds[place] = only?.requestId;
    this.rememberedTraces[place] = only?.headers['traceparent'];
    this.rememberedEntries[place] = exchange.entry;
    this.queuedMicros += exchange.costMicros;
    if (this.sent.length === 1) this.watch(exchange);
    connection.send(chunks, sent.isLeaving ? () => (sent.isLeaving = false) : undefined);
  }

  /** What a call of that number was for, if this process was sent it, and not long ago: it cannot speak for another. */
  spokenFor(callId: unknown): SpokenFor | undefined {
    if (typeof callId !== 'number' || callId === 0 || (this.nextCallId - callId) >>> 0 >= rememberedCalls)
      return undefined;
    const entry = this.rememberedEntries[callId % rememberedCalls];
    if (entry === undefined) return undefined;
    const place = callId % rememberedCalls;
    const [requestId, traceparent] = [this.rememberedIds[place], this.rememberedTraces[place]];
    return { node: this.nodes[entry], requestId, traceparent };
  }

  /**
   * Takes back what was sent behind the exchange that executes now.
   *
   * In the rare case that the process begins the next one in this very moment, that one is executed although it is taken
   * back, and its answer dropped: as when a call is tried again after its deadline.
   */
  takeBack(): Exchange[] {
    const behind = this.sent.slice(1).filter((each) => !each.takenBack);
    for (const each of behind) each.takenBack = true;
    this.connection?.send(behind.map(({ callId }) => encodeTakeBack(callId)));
    return behind.map(({ exchange }) => exchange);
  }

  /** Takes no more work and ends when it has answered what it has. */
  end(): void {
    this.leaving = true;
    if (this.sent.length > 0) return;
    if (this.connection === undefined) {
      this.requestKill();
      return;
    }
    this.connection.end();
    this.endTimer ??= setTimeout(() => this.requestKill(), endGraceMs * 4);
  }

  kill(): void {
    this.leaving = true;
    this.requestKill();
  }

  /** The process is there and listens on a socket. */
  connect(pid: number, path: string): void {
    this.pid = pid;
    const mostBytes = (): number => mostFrameBytes(this.sent[0]?.exchange.rows.length ?? 0, this.maxValueBytes);
    this.connection = new ProcessConnection(path, mostBytes, this);
  }

  /** @throws ProtocolError for what is no answer to what it was sent, or not yet, or not any more. */
  receive(answer: Answer): void {
    switch (answer.kind) {
      case 'ready':
        this.loadEnded();
        this.headSince = this.loadedAt = performance.now();
        this.resolveLoaded();
        return;
      case 'loadFailed':
        this.loadEnded();
        this.loadFailed(answer.failure);
        return;
      case 'ok':
      case 'failed':
      case 'skipped':
        this.finishHead(answer);
        return;
    }
  }

  /** Without a file left for its connection it is of no use, and not to blame. */
  failed(error: Error): void {
    if (!isOutOfFiles(error)) return;
    const failure = new ProcessLoadError('the system lets the server open no further file');
    failure.cause = error;
    this.rejectLoaded(failure);
  }

  violated(error: ProtocolError): void {
    this.violation = error;
    this.kill();
  }

  broken(): void {
    this.leaving = true;
    if (this.exit !== undefined) return;
    // It ends by itself when nobody can ask it anything; else it closed the connection, and is of no use.
    this.endTimer ??= setTimeout(() => this.requestKill(), endGraceMs);
  }

  closed(): void {
    this.connection = undefined;
    this.broken();
    if (this.exit !== undefined) this.finish();
  }

  /** The supervisor tells that it has ended; answers may still be on their way. */
  exited(exit: ProcessExit): void {
    this.exit ??= exit;
    this.leaving = true;
    clearTimeout(this.endTimer);
    if (this.connection === undefined) this.finish();
    else this.endTimer = setTimeout(() => this.connection?.destroy(), endGraceMs);
  }

  /** There never was a process. @param isFromOutside the system had no room for it. */
  failedToStart(reason: string, isFromOutside = false): void {
    this.rejectLoaded(new ProcessLoadError(reason, undefined, isFromOutside));
    this.exited({ code: null, signal: null });
  }

  private finishHead(answer: Extract<Answer, { callId: number }>): void {
    const [head] = this.sent;
    if (head === undefined || head.callId !== answer.callId) throw new ProtocolError('answered what it was not asked');
    if (head.isLeaving) throw new ProtocolError('answered what it has not read');
    const { exchange, takenBack } = head;
    // Before it counts as answered: what is no answer fails the call.
    const read = this.readAnswer(answer, exchange);
    if (read === undefined && !takenBack) throw new ProtocolError('passed over what it was asked');
    this.sent.shift();
    this.answeredCount += 1;
    this.queuedMicros -= exchange.costMicros;
    const [next] = this.sent;
    if (next === undefined) this.headSince = performance.now();
    else this.watch(next.exchange);
    if (!takenBack && read !== undefined) exchange.answered(read);
    this.user?.answered(this, exchange, read?.micros);
    if (this.leaving && this.sent.length === 0) this.end();
  }

  private readAnswer(answer: Extract<Answer, { callId: number }>, { rows }: Exchange): CallAnswer | undefined {
    if (answer.kind === 'skipped') return undefined;
    const { kind, micros } = answer;
    if (kind === 'failed') return { kind, micros, failure: answer.failure };
    return { kind, micros, outputs: decodeOutputs(answer.body, rows.length, this.maxValueBytes) };
  }

  /** Told once, and before anything is asked. */
  private loadEnded(): void {
    if (this.hasToldLoad) throw new ProtocolError('told twice how loading went');
    this.hasToldLoad = true;
    clearTimeout(this.loadTimer);
  }

  private loadFailed({ reason, function: functionName, place }: LoadFailure): void {
    this.leaving = true;
    this.rejectLoaded(new ProcessLoadError(reason, functionName ?? undefined, false, true, place));
  }

  /** Starts the clock of an exchange that begins to execute. The timer is set anew only when it would ring too late. */
  private watch(head: Exchange): void {
    this.headSince = performance.now();
    const due = this.headSince + head.limitMs;
    if (this.watchdogAt <= due) return;
    clearTimeout(this.watchdog);
    this.armWatchdog(due, head.limitMs);
  }

  private armWatchdog(due: number, inMs: number): void {
    this.watchdogAt = due;
    this.watchdog = startDeadline(inMs, () => this.checkHead());
  }

  private checkHead(): void {
    this.watchdogAt = Infinity;
    const head = this.sent[0]?.exchange;
    if (head === undefined || this.overdue !== undefined || this.exit !== undefined) return;
    const due = this.headSince + head.limitMs;
    const left = due - performance.now();
    if (left > 0) {
      this.armWatchdog(due, left);
      return;
    }
    this.overdue = head;
    this.kill();
  }

  private finish(): void {
    clearTimeout(this.loadTimer);
    clearTimeout(this.watchdog);
    clearTimeout(this.endTimer);
    const exit = this.exit ?? { code: null, signal: null };
    this.rejectLoaded(
      new ProcessLoadError(this.endReason, undefined, this.violation === undefined && isFromOutside(exit)),
    );
    const [head, ...behind] = this.sent.splice(0);
    // Of itself a process rests only behind an answer. That keeps a function that ends so from being called for ever.
    const hasRested = exit.code === restedExitCode && this.answeredCount > 0;
    const begun = hasRested ? [] : head === undefined ? [] : [head];
    const unbegun = hasRested && head !== undefined ? [head, ...behind] : behind;
    const exchangesOf = (sent: readonly SentExchange[]): Exchange[] =>
      sent.filter(({ takenBack }) => !takenBack).map(({ exchange }) => exchange);
    const [executing] = exchangesOf(begun);
    this.user?.ended(this, { executing, waiting: exchangesOf(unbegun), overdue: this.overdue });
    this.resolveEnded();
  }
}
