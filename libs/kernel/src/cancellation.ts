/** Told once, when nobody waits any more. */
export interface CancellationListener {
  handleEvent(): void;
}

/** Tells whether anybody still waits. Every `AbortSignal` is one. */
export interface CancellationSignal {
  readonly aborted: boolean;
  /** What a call that is cancelled rejects with. */
  readonly reason: unknown;
  /** @throws the reason, once aborted. */
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: CancellationListener): void;
  removeEventListener(type: 'abort', listener: CancellationListener): void;
}

/**
 * Cancels one prediction: controller and signal in one.
 *
 * There is one for every request, and an `AbortController` with its `EventTarget` costs several times as much CPU time.
 */
export class Cancellation implements CancellationSignal {
  aborted = false;
  reason: unknown;
  private listeners: CancellationListener[] = [];

  /** Tells all listeners; only the first call counts. */
  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const told = this.listeners;
    this.listeners = [];
    for (const listener of told) listener.handleEvent();
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  /** A listener that comes after the abort is never told, as with an `AbortSignal`. */
  addEventListener(_type: 'abort', listener: CancellationListener): void {
    if (!this.aborted) this.listeners.push(listener);
  }

  removeEventListener(_type: 'abort', listener: CancellationListener): void {
    // Few at a time, and the newest ends first most often.
    const index = this.listeners.lastIndexOf(listener);
    if (index >= 0) this.listeners.splice(index, 1);
  }
}
