import { useEffect, useRef } from 'react';
import { useLive } from '../live/live-context.js';
import { Page } from '../pages/page.js';
import { useQuery } from '../routing/router.js';
import type { Route } from '../routing/route.js';
import { ErrorBoundary } from './error-boundary.js';
import { Header } from './header.js';
import { LostBar } from './lost-bar.js';
import { Sidebar } from './sidebar.js';
import { titleOf } from './title.js';
import { MissingPagesProvider, useMissingPages } from './use-available.js';
import { Wall } from '../pages/wall.js';

/** What stands around each page. */
export function Frame({ route }: { route: Route }) {
  const isWall = useQuery().has('wall');
  const { connection } = useLive();
  const title = titleOf(route);
  const main = useRef<HTMLElement>(null);
  const missing = useMissingPages();
  useEffect(() => {
    document.title = `${title} · Torchweave`;
  }, [title]);
  useEffect(() => {
    void main.current?.scrollTo(0, 0);
  }, [route.page]);
  if (isWall) return <Wall />;
  return (
    <div className="frame" data-connection={connection}>
      <a
        className="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        To the content
      </a>
      <Header />
      <Sidebar route={route} missing={missing} />
      <main id="main" ref={main} tabIndex={-1}>
        <LostBar />
        <MissingPagesProvider value={missing}>
          <ErrorBoundary place={location.pathname}>
            <Page route={route} />
          </ErrorBoundary>
        </MissingPagesProvider>
      </main>
    </div>
  );
}
