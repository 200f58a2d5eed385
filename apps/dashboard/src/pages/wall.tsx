import { useEffect, useState } from 'react';
import { HealthLines, Shape } from '../components/state.js';
import { Name } from '../components/text.js';
import { LostBar } from '../frame/lost-bar.js';
import { summaryOf } from '../frame/sections.js';
import { clock } from '../format/moments.js';
import { useLive } from '../live/live-context.js';
import { useNow } from '../live/use-now.js';

/** ms that one thing is shown. */
const turnMs = 10_000;

/** For a screen on a wall: one word from afar, and in turn what is not well. */
export function Wall() {
  const { overview } = useLive();
  const now = useNow();
  const turn = useTurn();
  if (overview === undefined)
    return (
      <main className="wall">
        <LostBar />
        <p className="wall-word">…</p>
      </main>
    );
  const { attention, workflows } = overview;
  const summary = summaryOf(overview);
  const shown = attention[turn % Math.max(1, attention.length)];
  const total = Object.values(workflows).reduce((sum, each) => sum + each, 0);
  return (
    <main className="wall" data-live="">
      <LostBar />
      <h1 className="wall-word">
        <Shape state={summary.state} /> {summary.words}
      </h1>
      {shown === undefined ? (
        <p className="wall-quiet">
          {total} workflows, {overview.parts.length} parts
        </p>
      ) : (
        <section className="wall-item" aria-live="off">
          <h2>
            <Name text={shown.title} most={40} />
          </h2>
          <HealthLines health={shown.health} />
          <p className="quiet">
            {(turn % attention.length) + 1} of {attention.length}
          </p>
        </section>
      )}
      <p className="wall-clock quiet">{clock(now)} UTC</p>
    </main>
  );
}

function useTurn(): number {
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTurn((before) => before + 1), turnMs);
    return () => clearInterval(timer);
  }, []);
  return turn;
}
