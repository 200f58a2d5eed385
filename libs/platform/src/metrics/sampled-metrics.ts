import type { ModelServerStatus } from '@torchweave/application';
import { Gauge } from 'prom-client';
import type { Monitoring } from './monitoring.js';

/** Samples at every scrape which model servers are up and how busy this process keeps them. */
export function observeModelServers(monitoring: Monitoring, statuses: () => readonly ModelServerStatus[]): void {
  const registers = [monitoring.registry];
  const labelNames = ['endpoint'] as const;
  const up = new Gauge({
    name: 'torchweave_model_server_up',
    help: 'Whether the last health check of the model server succeeded: 1 or 0.',
    labelNames,
    registers,
  });
  const inFlight = new Gauge({
    name: 'torchweave_model_server_requests_in_flight',
    help: 'Inferences of this process that the model server has not answered yet.',
    labelNames,
    registers,
  });
  monitoring.onScrape(() => {
    up.reset();
    inFlight.reset();
    for (const { endpoint, healthy, inFlight: underWay } of statuses()) {
      up.set({ endpoint }, healthy ? 1 : 0);
      inFlight.set({ endpoint }, underWay);
    }
  });
}

/** Samples at every scrape how many workflows this process serves. */
export function observeWorkflowCount(monitoring: Monitoring, workflowCount: () => number): void {
  const help = 'Workflows that this gateway has loaded.';
  const gauge = new Gauge({ name: 'torchweave_workflows_loaded', help, registers: [monitoring.registry] });
  monitoring.onScrape(() => gauge.set(workflowCount()));
}

/** What a queue tells of itself. */
export interface CountedQueue {
  getJobCounts(...states: string[]): Promise<Record<string, number>>;
}

const queueStates = ['waiting', 'active', 'delayed', 'failed', 'completed'];

/** Samples at every scrape how many jobs each queue holds by state. Nothing is told of a queue that does not answer. */
export function observeQueues(monitoring: Monitoring, queues: ReadonlyMap<string, CountedQueue>): void {
  const gauge = new Gauge({
    name: 'torchweave_queue_jobs',
    help: 'Jobs in the queue by state; every api tells the same number. Finished ones are kept a day.',
    labelNames: ['queue', 'state'] as const,
    registers: [monitoring.registry],
  });
  monitoring.onScrape(async () => {
    const counted = Promise.all(
      [...queues].map(async ([name, queue]) => [name, await queue.getJobCounts(...queueStates)] as const),
    );
    gauge.reset();
    for (const [queue, counts] of await counted) {
      for (const [state, value] of Object.entries(counts)) gauge.set({ queue, state }, value);
    }
  });
}
