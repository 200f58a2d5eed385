import { useId, useState, type ReactNode } from 'react';
import { useSession, whyNot } from '../session/session-context.js';

/** Begins an act. What the key may not do is there, greyed, with the reason. */
export function ActButton({
  children,
  dialog,
  className = '',
  refused,
}: {
  children: ReactNode;
  dialog: (onClose: () => void) => ReactNode;
  className?: string;
  refused?: string | undefined;
}) {
  const { session } = useSession();
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const reason = whyNot(session) ?? refused;
  return (
    <span className="act">
      <button
        type="button"
        className={className}
        aria-disabled={reason !== undefined}
        aria-describedby={reason === undefined ? undefined : id}
        title={reason}
        onClick={() => {
          if (reason === undefined) setOpen(true);
        }}
      >
        {children}
      </button>
      {reason === undefined ? null : (
        <span id={id} role="note" className="act-reason">
          {reason}
        </span>
      )}
      {isOpen ? dialog(() => setOpen(false)) : null}
    </span>
  );
}
