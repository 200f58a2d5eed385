import type { Session } from '@torchweave/dashboard-contract';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { ask, pageApi, send, whenSignedOut } from './api/ask.js';
import type { Fault } from './api/fault.js';
import { FaultBlock, Loading } from './components/blocks.js';
import { Frame } from './frame/frame.js';
import { LiveContext } from './live/live-context.js';
import { LiveStore } from './live/live-store.js';
import { useRoute } from './routing/router.js';
import { SessionContext } from './session/session-context.js';
import { SignIn } from './session/sign-in.js';

const isIn = (session: Session): boolean => !session.signInNeeded || session.signedIn;

/** The page: its frame for whoever is signed in, else the sign-in. */
export function App() {
  const { session, fault, setSession, check } = useServerSession();
  if (session === undefined)
    return fault === undefined ? (
      <Loading what="Torchweave" />
    ) : (
      <FaultBlock fault={fault} what="this page" onRetry={check} />
    );
  if (!isIn(session)) return <SignIn session={session} onSession={setSession} />;
  return <Inside session={session} check={check} />;
}

function useServerSession() {
  const [session, setSession] = useState<Session>();
  const [fault, setFault] = useState<Fault>();
  const check = useCallback(() => {
    void ask<Session>(`${pageApi}session`).then((outcome) => {
      if ('value' in outcome) setSession(outcome.value);
      else setFault(outcome.fault);
    });
  }, []);
  useEffect(() => {
    whenSignedOut(check);
    check();
  }, [check]);
  return { session, fault, setSession, check };
}

function Inside({ session, check }: { session: Session; check: () => void }) {
  const store = useMemo(() => new LiveStore(check), [check]);
  const route = useRoute();
  const followed = route.page === 'workflow' || route.page === 'version' ? route.name : undefined;
  useEffect(() => store.follow(followed), [store, followed]);
  useEffect(() => () => store.close(), [store]);
  const signedIn = useMemo(() => {
    const signOut = (): void => void send(`${pageApi}session`, 'DELETE').then(check);
    return { session, signOut };
  }, [session, check]);
  return (
    <SessionContext value={signedIn}>
      <LiveContext value={store}>
        <Frame route={route} />
      </LiveContext>
    </SessionContext>
  );
}
