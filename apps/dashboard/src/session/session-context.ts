import type { Session } from '@torchweave/dashboard-contract';
import { createContext, useContext } from 'react';

/** Who looks at the page, and the way out. */
export interface SignedIn {
  readonly session: Session;
  readonly signOut: () => void;
}

export const SessionContext = createContext<SignedIn>({
  session: { signInNeeded: false, signedIn: false, readOnly: true, version: '' },
  signOut: () => undefined,
});

export const useSession = (): SignedIn => useContext(SessionContext);

/** Why whoever looks may not act; `undefined` when they may. */
export function whyNot({ readOnly, signInNeeded, permission, keyName }: Session): string | undefined {
  if (readOnly) return 'This page is read-only here: act by the API or the command.';
  if (signInNeeded && permission !== 'register')
    return `${keyName === undefined ? 'Your key' : `The key ${keyName}`} may look, and not change: sign in with one of role register.`;
  return undefined;
}
