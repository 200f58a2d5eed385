import type { ModelServerStatus } from '@torchweave/application';
import { Counter, Gauge } from 'prom-client';
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

/** How many workflows a gateway serves, and lacks. */
export interface SampledWorkflows {
  readonly loaded: number;
  /** Not served for a reason that is this gateway's. */
  readonly missing: number;
  /** Cannot be served by any gateway. */
  readonly broken: ReadonlyMap<string, unknown>;
}

/** Samples at every scrape how many workflows this process serves, and how many it does not that are registered. */
export function observeWorkflows(monitoring: Monitoring, sample: () => SampledWorkflows): void {
  const registers = [monitoring.registry];
  const loaded = new Gauge({
    name: 'torchweave_workflows_loaded',
    help: 'Workflows that this gateway has loaded.',
    registers,
  });
  const unserved = new Gauge({
    name: 'torchweave_workflows_unserved',
    help: 'Registered workflows that this gateway does not serve: missing (it has not got them), broken (nobody can serve them).',
    labelNames: ['reason'] as const,
    registers,
  });
  monitoring.onScrape(() => {
    const { loaded: count, missing, broken } = sample();
    loaded.set(count);
    unserved.set({ reason: 'missing' }, missing);
    unserved.set({ reason: 'broken' }, broken.size);
  });
}

/** What is known of the processes that run the functions of one workflow, or one model. */
export interface SampledProcesses {
  readonly name: string;
  /** Processes that take calls. */
  readonly ready: number;
  /** Cause to how many were lost and replaced. */
  readonly restarts: Readonly<Record<string, number>>;
  /** How often in a row one ended unasked or could not be started. */
  readonly failures: number;
}

/**
 * Samples at every scrape the Python processes beside this one. Those of a workflow or model that is there no more are not
 * told any more.
 */
export function observeProcesses(
  monitoring: Monitoring,
  { functions, models }: Readonly<Record<'functions' | 'models', () => readonly SampledProcesses[]>>,
): void {
  sampleProcesses(monitoring, 'function', 'workflow', 'the functions of the workflow', functions);
  sampleProcesses(monitoring, 'local_model', 'model', 'the model of the local model server', models);
}

function sampleProcesses(
  monitoring: Monitoring,
  kind: string,
  label: string,
  what: string,
  processes: () => readonly SampledProcesses[],
): void {
  const registers = [monitoring.registry];
  const ready = new Gauge({
    name: `torchweave_${kind}_processes`,
    help: `Python processes that run ${what}.`,
    labelNames: [label],
    registers,
  });
  const restarts = new Counter({
    name: `torchweave_${kind}_process_restarts_total`,
    help: `Python processes that ran ${what}, were lost and replaced: died, or killed for a call beyond its deadline.`,
    labelNames: [label, 'cause'],
    registers,
  });
  const failures = new Gauge({
    name: `torchweave_${kind}_process_failures`,
    help: `How often in a row a process that is to run ${what} ended unasked or could not be started; 0 when one stays.`,
    labelNames: [label],
    registers,
  });
  monitoring.onScrape(() => {
    ready.reset();
    restarts.reset();
    failures.reset();
    for (const { name, ready: count, restarts: lost, failures: failed } of processes()) {
      ready.inc({ [label]: name }, count);
      failures.inc({ [label]: name }, failed);
      for (const [cause, value] of Object.entries(lost)) restarts.inc({ [label]: name, cause }, value);
    }
  });
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
