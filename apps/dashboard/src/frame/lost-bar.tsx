import { useContext } from 'react';
import { clock, lasting } from '../format/moments.js';
import { LiveContext, useLive } from '../live/live-context.js';
import { useNow } from '../live/use-now.js';

/** One bar while the stream is away: what is seen below it is as old as it says. */
export function LostBar() {
  const { connection, lostAt, lastAt } = useLive();
  const store = useContext(LiveContext);
  const now = useNow();
  if (connection !== 'lost' || lostAt === undefined) return null;
  return (
    <div className="lost-bar">
      <span>
        <b role="alert">Connection lost</b> {lasting(new Date(lostAt).toISOString(), now)} ago.{' '}
        {lastAt === undefined ? 'Nothing is known yet.' : `What you see is of ${clock(lastAt)} UTC.`} It is tried again
        by itself.
      </span>
      <button type="button" onClick={store?.connect}>
        Try now
      </button>
    </div>
  );
}
