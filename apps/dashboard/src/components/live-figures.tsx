import type { Live } from '@torchweave/dashboard-contract';
import { duration, percent, perSecond } from '../format/units.js';

/** Where a latency stands when there were no requests. */
export const latency = (ms: number | undefined): string => (typeof ms === 'number' ? duration(ms) : '–');

/** Requests a second; nothing where no gateway tells. */
export const requestRate = (live: Live): string => (live.isUnknown ? '–' : perSecond(live.requestsPerSecond));

/** Of all requests those that failed; nothing where no gateway tells. */
export const errorShare = (live: Live): string => (live.isUnknown ? '–' : percent(live.errorRate));

/** Requests, latency and errors of one thing, in fixed widths so that nothing jumps. */
export function LiveFigures({ live }: { live: Live }) {
  return (
    <span className="live-figures" data-live="">
      <span>
        <b>{requestRate(live)}</b> req/s
      </span>
      <span>
        <abbr title="99 of 100 requests took no longer">p99</abbr> <b>{latency(live.p99Ms)}</b>
      </span>
      <span className={live.errorRate > 0 ? 'has-errors' : ''}>
        <b>{errorShare(live)}</b> errors
      </span>
    </span>
  );
}
