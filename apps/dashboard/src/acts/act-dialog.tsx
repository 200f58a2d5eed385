import { useEffect, useId, useRef, useState, type FormEvent, type ReactNode } from 'react';
import { ask } from '../api/ask.js';
import { Copy } from '../components/text.js';
import { useSession } from '../session/session-context.js';
import { addressOf, commandOf, curlOf, type Call } from './call.js';
import { OperationFollowed } from './operation-followed.js';

export interface ActDialogProps {
  readonly title: string;
  readonly verb: string;
  /** `undefined` while what is given is not complete. */
  readonly call: Call | undefined;
  readonly file?: File | undefined;
  readonly isGrave?: boolean;
  readonly children: ReactNode;
  readonly onClose: () => void;
}

/** One act: what it does, its call to copy, and then its operation, followed in place. */
export function ActDialog({ title, verb, call, file, isGrave = false, children, onClose }: ActDialogProps) {
  const id = useId();
  const { state, act } = useAct(call, file);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void act();
  };
  return (
    <Dialog labelledBy={id} onClose={onClose}>
      <h2 id={id}>{title}</h2>
      {state.operationId === undefined ? (
        <form onSubmit={submit}>
          {children}
          {call === undefined ? null : <CallShown call={call} />}
          {state.fault === undefined ? null : (
            <p className="fault-line" role="alert">
              {state.fault}
            </p>
          )}
          <p className="dialog-buttons">
            <button type="button" onClick={onClose}>
              Cancel
            </button>
            <button
              type="submit"
              className={isGrave ? 'grave' : 'primary'}
              disabled={call === undefined || state.isBusy}
            >
              {state.isBusy ? 'Sending…' : verb}
            </button>
          </p>
        </form>
      ) : (
        <>
          <OperationFollowed id={state.operationId} />
          <p className="dialog-buttons">
            <button type="button" className="primary" onClick={onClose}>
              Close
            </button>
          </p>
        </>
      )}
    </Dialog>
  );
}

interface ActState {
  readonly isBusy: boolean;
  readonly fault?: string;
  readonly operationId?: string;
}

function useAct(call: Call | undefined, file: File | undefined) {
  const [state, setState] = useState<ActState>({ isBusy: false });
  const act = async (): Promise<void> => {
    if (call === undefined || state.isBusy) return;
    setState({ isBusy: true });
    const outcome = await ask<{ operationId?: string }>(addressOf(call), {
      method: call.method,
      ...bodyOf(call, file),
    });
    if ('fault' in outcome) return setState({ isBusy: false, fault: outcome.fault.message });
    const { operationId } = outcome.value;
    setState(
      operationId === undefined
        ? { isBusy: false, fault: 'The server told no operation to follow.' }
        : { isBusy: false, operationId },
    );
  };
  return { state, act };
}

function bodyOf({ json }: Call, file: File | undefined): RequestInit {
  if (file !== undefined) return { body: file, headers: { 'content-type': 'application/zip' } };
  if (json !== undefined) return { body: JSON.stringify(json), headers: { 'content-type': 'application/json' } };
  return {};
}

function CallShown({ call }: { call: Call }) {
  const { session } = useSession();
  const curl = curlOf(call, location.origin, session.signInNeeded);
  const command = call.command.length === 0 ? undefined : commandOf(call);
  return (
    <details className="call-shown">
      <summary>The same from a terminal</summary>
      <p>
        <code>{curl}</code> <Copy text={curl} label="Copy curl" />
      </p>
      {command === undefined ? null : (
        <p>
          <code>{command}</code> <Copy text={command} label="Copy command" />
        </p>
      )}
    </details>
  );
}

/** A dialog that holds the focus until it closes. */
export function Dialog({
  labelledBy,
  label,
  className = '',
  onClose,
  children,
}: {
  labelledBy?: string;
  label?: string;
  className?: string;
  onClose: () => void;
  children: ReactNode;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    if (element !== null && !element.open) element.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={`dialog ${className}`}
      aria-labelledby={labelledBy}
      aria-label={label}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) dialog.current?.close();
      }}
    >
      {children}
    </dialog>
  );
}
