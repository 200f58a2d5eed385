import { useSyncExternalStore, type AnchorHTMLAttributes, type MouseEvent } from 'react';
import { parsePath, type Route } from './route.js';

const listeners = new Set<() => void>();
const notify = (): void => listeners.forEach((listener) => listener());
addEventListener('popstate', notify);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Goes to a path of the page; `replace` where back should not stop here. */
export function navigate(href: string, how: 'push' | 'replace' = 'push'): void {
  if (href === location.pathname + location.search) return;
  history[how === 'push' ? 'pushState' : 'replaceState'](null, '', href);
  notify();
}

const pathOf = (): string => location.pathname;
const searchOf = (): string => location.search;

/** Where the page is. */
export const useRoute = (): Route => parsePath(useSyncExternalStore(subscribe, pathOf));

/** The query of where the page is. */
export const useQuery = (): URLSearchParams => new URLSearchParams(useSyncExternalStore(subscribe, searchOf));

/** Changes fields of the query in place; `undefined` and '' take one out. */
export function changeQuery(fields: Readonly<Record<string, string | undefined>>): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === '') query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  navigate(location.pathname + (text === '' ? '' : `?${text}`), 'replace');
}

const isPlain = (event: MouseEvent): boolean =>
  event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;

/** A link that stays on the page where the browser is not asked for more. */
export function Link({
  href,
  onClick,
  replace = false,
  ...rest
}: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string; replace?: boolean }) {
  return (
    <a
      href={href}
      onClick={(event) => {
        onClick?.(event);
        if (event.defaultPrevented || !isPlain(event)) return;
        event.preventDefault();
        navigate(href, replace ? 'replace' : 'push');
      }}
      {...rest}
    />
  );
}
