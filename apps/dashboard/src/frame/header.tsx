import { useEffect, useState } from 'react';
import { Shape } from '../components/state.js';
import { Name } from '../components/text.js';
import { useLive } from '../live/live-context.js';
import { base } from '../routing/route.js';
import { Link } from '../routing/router.js';
import { useSession } from '../session/session-context.js';
import { chooseNext, chosen } from './look.js';
import { Search } from './search.js';
import { summaryOf } from './sections.js';

const themeShape: Record<string, string> = { system: '◐', light: '○', dark: '●' };

/** The installation and its state, search, look, and who is signed in. */
export function Header() {
  const { session, signOut } = useSession();
  const { overview } = useLive();
  const summary = overview === undefined ? undefined : summaryOf(overview);
  return (
    <header className="header">
      <Link href={base} className="brand">
        Torchweave
      </Link>
      {session.installation === undefined ? null : (
        <span className="installation">
          <Name text={session.installation} most={20} />
        </span>
      )}
      <span className="summary" role="status">
        {summary === undefined ? null : (
          <>
            <Shape state={summary.state} /> {summary.words}
          </>
        )}
      </span>
      <SearchButton />
      <LookButtons />
      {session.signInNeeded ? (
        <span className="who">
          <span className="quiet">key:</span> <Name text={session.keyName ?? '?'} most={16} />{' '}
          <span className="quiet">({session.permission})</span>
          <button type="button" className="quiet-button" onClick={signOut}>
            Sign out
          </button>
        </span>
      ) : null}
    </header>
  );
}

function LookButtons() {
  const [theme, setTheme] = useState(chosen('theme'));
  const [density, setDensity] = useState(chosen('density'));
  return (
    <span className="look">
      <button
        type="button"
        className="quiet-button"
        title={`Colours: ${theme}`}
        aria-label={`Colours: ${theme}. Change`}
        onClick={() => setTheme(chooseNext('theme'))}
      >
        {themeShape[theme]}
      </button>
      <button
        type="button"
        className="quiet-button wide-only"
        title={`Density: ${density}`}
        aria-label={`Density: ${density}. Change`}
        onClick={() => setDensity(chooseNext('density'))}
      >
        {density === 'compact' ? '≡' : '☰'}
      </button>
    </span>
  );
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));

function SearchButton() {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isAsked =
        (event.key === 'k' && (event.metaKey || event.ctrlKey)) || (event.key === '/' && !isTyping(event.target));
      if (!isAsked || document.querySelector('dialog[open]') !== null) return;
      event.preventDefault();
      setOpen(true);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  return (
    <>
      <button
        type="button"
        className="search-button"
        onClick={() => setOpen(true)}
        aria-keyshortcuts="Meta+K Control+K /"
      >
        <span>Search</span> <kbd>⌘K</kbd>
      </button>
      {isOpen ? <Search onClose={() => setOpen(false)} /> : null}
    </>
  );
}
