/**
 * One listener a signal, however many calls hang on it: a request's nodes share its signal, and Node warns of a leak
 * from the eleventh listener on.
 */
const listenersOf = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `listener` when `signal` is aborted, until {@link stopOnAbort}. */
export function onAbort(signal: AbortSignal, listener: () => void): void {
  let listeners = listenersOf.get(signal);
  if (listeners === undefined) {
    const all = new Set<() => void>();
    signal.addEventListener('abort', () => all.forEach((each) => each()), { once: true });
    listenersOf.set(signal, all);
    listeners = all;
  }
  listeners.add(listener);
}

export function stopOnAbort(signal: AbortSignal, listener: () => void): void {
  listenersOf.get(signal)?.delete(listener);
}
