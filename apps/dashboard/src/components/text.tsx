import { useState } from 'react';
import { middleCut } from '../format/middle-cut.js';
import { ago, exactly } from '../format/moments.js';
import { useNow } from '../live/use-now.js';

/** A name that may be long: its ends are seen, the whole on hover and by readers. */
export function Name({ text, most = 32 }: { text: string; most?: number }) {
  const cut = middleCut(text, most);
  if (cut === text) return <span className="name">{text}</span>;
  return (
    <span className="name" title={text}>
      <span aria-hidden="true">{cut}</span>
      <span className="for-readers">{text}</span>
    </span>
  );
}

/** How long ago, with the exact moment on hover. */
export function Ago({ at }: { at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={exactly(at)}>
      {ago(at, now)}
    </time>
  );
}

/** Copies text, and says that it has. */
export function Copy({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = (): void => {
    // Without TLS browsers have no clipboard for pages: the text is there to be selected then.
    void navigator.clipboard?.writeText(text).then(
      () => setCopied(true),
      () => undefined,
    );
  };
  return (
    <button type="button" className="quiet-button" onClick={copy} onBlur={() => setCopied(false)}>
      <span aria-live="polite">{isCopied ? 'Copied' : label}</span>
    </button>
  );
}

/** An identifier, to read and to copy. */
export function Identifier({ text, most = 24 }: { text: string; most?: number }) {
  return (
    <code className="identifier">
      <Name text={text} most={most} />
    </code>
  );
}
