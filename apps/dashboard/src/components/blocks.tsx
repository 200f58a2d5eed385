import type { ReactNode } from 'react';
import type { Fault } from '../api/fault.js';

/** What is said where there is nothing (yet): what this is, and what fills it. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** Why something cannot be shown. */
export function FaultBlock({ fault, what, onRetry }: { fault: Fault; what: string; onRetry?: () => void }) {
  if (fault.kind === 'missing')
    return (
      <Empty title="Not available here">
        <p>This server does not serve {what}. A newer version may.</p>
      </Empty>
    );
  return (
    <div className="empty" role="alert">
      <h2>
        {what[0]?.toUpperCase()}
        {what.slice(1)} cannot be shown
      </h2>
      <p>{fault.message}</p>
      {onRetry === undefined ? null : (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** While a first answer is under way. */
export function Loading({ what }: { what: string }) {
  return (
    <p className="loading" role="status">
      Loading {what}…
    </p>
  );
}

/** A part of a page under a heading. */
export function Section({
  title,
  aside,
  children,
  className = '',
}: {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  return (
    <section className={`section ${className}`}>
      <header>
        <h2>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

/** What is wider than its place: scrolled by keys, too. */
export function Scrolled({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label={label}>
      {children}
    </div>
  );
}
