import { createContext, useContext, useSyncExternalStore } from 'react';
import { nothingYet, type LiveState } from './live-state.js';
import type { LiveStore } from './live-store.js';

/** The page's one stream; none before the sign-in. */
export const LiveContext = createContext<LiveStore | undefined>(undefined);

const never = (): (() => void) => () => undefined;
const nothing = (): LiveState => nothingYet;

/** What is known live; the part changes with every event. */
export function useLive(): LiveState {
  const store = useContext(LiveContext);
  return useSyncExternalStore(store?.subscribe ?? never, store?.snapshot ?? nothing);
}
