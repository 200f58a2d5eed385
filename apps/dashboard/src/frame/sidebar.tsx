import { useLive } from '../live/live-context.js';
import type { Route } from '../routing/route.js';
import { Link } from '../routing/router.js';
import { useSession } from '../session/session-context.js';
import { countsOf, sidebar, type SidebarCount, type SidebarEntry } from './sections.js';

/** The pages, each with a count of what needs a look there. */
export function Sidebar({ route, missing }: { route: Route; missing: ReadonlySet<string> }) {
  const { overview } = useLive();
  const { session } = useSession();
  const counts = overview === undefined ? {} : countsOf(overview);
  return (
    <nav className="sidebar" aria-label="Pages">
      <ul>
        {sidebar
          .filter(({ title }) => !missing.has(title))
          .map((entry) => (
            <li key={entry.title}>
              <Entry entry={entry} isHere={entry.pages.includes(route.page)} count={counts[entry.title]} />
            </li>
          ))}
      </ul>
      <p className="version quiet">Torchweave {session.version}</p>
    </nav>
  );
}

function Entry({
  entry: { title, href, isApart },
  isHere,
  count,
}: {
  entry: SidebarEntry;
  isHere: boolean;
  count: SidebarCount | undefined;
}) {
  const inside = (
    <>
      <span>
        {title}
        {isApart === true ? (
          <span aria-hidden="true" className="quiet">
            {' '}
            ↗
          </span>
        ) : null}
      </span>
      {count === undefined ? null : (
        <span className={`count ${count.needsLook ? 'needs-look' : ''}`} title={count.meaning}>
          <span aria-hidden="true">{count.text}</span>
          <span className="for-readers">{count.meaning}</span>
        </span>
      )}
    </>
  );
  if (isApart === true) return <a href={href}>{inside}</a>;
  return (
    <Link href={href} aria-current={isHere ? 'page' : undefined}>
      {inside}
    </Link>
  );
}
