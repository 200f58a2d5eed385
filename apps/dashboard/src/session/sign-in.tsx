import type { Session } from '@torchweave/dashboard-contract';
import { useState, type FormEvent } from 'react';
import { pageApi, send } from '../api/ask.js';

/** Asks for a key, which goes to the server alone: what stays in the browser no script can read. */
export function SignIn({ session, onSession }: { session: Session; onSession: (session: Session) => void }) {
  const [fault, setFault] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const key = new FormData(event.currentTarget).get('key');
    setBusy(true);
    const outcome = await send<Session>(`${pageApi}session`, 'POST', { key });
    setBusy(false);
    if ('value' in outcome) onSession(outcome.value);
    else
      setFault(outcome.fault.kind === 'signIn' ? 'This key is not known here, or has expired.' : outcome.fault.message);
  };
  return (
    <main className="sign-in">
      <form onSubmit={(event) => void submit(event)} aria-labelledby="sign-in-title">
        <h1 id="sign-in-title">Torchweave{session.installation === undefined ? '' : ` · ${session.installation}`}</h1>
        <p>
          This server asks for a key. One of role <b>read</b> looks, one of role <b>register</b> acts, too.
        </p>
        <label htmlFor="key">Key</label>
        <input
          id="key"
          name="key"
          type="password"
          autoComplete="current-password"
          required
          autoFocus
          aria-describedby="key-fault"
          aria-invalid={fault !== undefined}
        />
        <p id="key-fault" role="alert" className="fault-line">
          {fault}
        </p>
        <button type="submit" className="primary" disabled={isBusy}>
          {isBusy ? 'Asking…' : 'Sign in'}
        </button>
      </form>
    </main>
  );
}
