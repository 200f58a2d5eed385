import { keepReasons, type KeptCounts } from '@torchweave/application';
import { Counter } from 'prom-client';
import type { Monitoring } from './monitoring.js';

/** Tells at every scrape how many requests this gateway has kept, and how many it should have and has not. */
export function observeKeptRequests(monitoring: Monitoring, counts: () => KeptCounts): void {
  const registers = [monitoring.registry];
  const kept = new Counter({
    name: 'torchweave_kept_requests_total',
    help: 'Predictions that were kept to be looked at: asked for, failed, slow, or sampled.',
    labelNames: ['why'] as const,
    registers,
  });
  const dropped = new Counter({
    name: 'torchweave_kept_requests_dropped_total',
    help: 'Predictions that were to be kept and were not: too many at once, or Redis did not take them.',
    registers,
  });
  monitoring.onScrape(() => {
    const now = counts();
    kept.reset();
    dropped.reset();
    for (const why of keepReasons) kept.inc({ why }, now.kept[why]);
    dropped.inc(now.dropped);
  });
}
