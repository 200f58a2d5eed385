import { useCallback, useEffect, useRef, useState } from 'react';
import { ask, pageApi } from './ask.js';
import type { Fault } from './fault.js';

/** What is known of an endpoint: the last value stays while it is asked again. */
export interface Loaded<T> {
  readonly value?: T;
  readonly fault?: Fault;
  readonly reload: () => void;
}

/** Loads `path`, of the page's endpoints where it begins with no slash; anew when the path changes, which forgets the value of the one before. */
export function useLoad<T>(path: string): Loaded<T> {
  const [known, setKnown] = useState<{ path: string; value?: T; fault?: Fault }>({ path });
  const [round, setRound] = useState(0);
  const latest = useRef(path);
  useEffect(() => {
    const abort = new AbortController();
    latest.current = path;
    ask<T>(path.startsWith('/') ? path : pageApi + path, { signal: abort.signal }).then(
      (outcome) => {
        if (latest.current === path)
          setKnown(
            (before) =>
              ({ ...(before.path === path ? before : {}), path, fault: undefined, ...outcome }) as { path: string },
          );
      },
      () => undefined,
    );
    return () => abort.abort();
  }, [path, round]);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  return known.path === path ? { ...known, reload } : { reload };
}
