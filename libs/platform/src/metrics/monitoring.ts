import type { Logger } from '@torchweave/application';
import { within } from '@torchweave/kernel';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { version } from '../version.js';

/** Rejects, or never ends, while a part cannot do its work. */
export type ReadinessCheck = () => Promise<unknown>;

/** Tells what is wrong with a part that can do its work all the same; nothing where all is well. */
export type WarningCheck = () => Promise<string | undefined> | string | undefined;

/** ms that a part may take to answer. */
const answerTimeoutMs = 2_000;

/** What one process tells of itself: its metrics, and whether its parts can do their work. */
export class Monitoring {
  readonly registry = new Registry();
  /** Only a process that serves is ready. */
  phase: 'starting' | 'serving' | 'stopping' = 'starting';
  private readonly checks = new Map<string, ReadinessCheck>();
  private readonly warningChecks = new Map<string, WarningCheck>();
  private readonly collectors: (() => Promise<void> | void)[] = [];
  private readonly ready: Gauge<'part'>;
  private readonly warned: Gauge<'part'>;
  /** What was last told of why parts are not ready, and of what else is wrong. */
  private told = '';
  private toldWarnings = '';

  /** @param app stands in `torchweave_build_info`. */
  constructor(
    app: string,
    private readonly logger: Logger,
  ) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    const labelNames = ['app', 'version', 'node_version'] as const;
    const help = 'Always 1; the labels tell what runs.';
    new Gauge({ name: 'torchweave_build_info', help, labelNames, registers }).set(
      { app, version, node_version: process.version },
      1,
    );
    this.ready = new Gauge({
      name: 'torchweave_ready',
      help: 'Whether the part can do its work: 1 or 0.',
      labelNames: ['part'] as const,
      registers,
    });
    this.warned = new Gauge({
      name: 'torchweave_warning',
      help: 'Whether something is wrong with the part that does not keep it from its work: 1 or 0.',
      labelNames: ['part'] as const,
      registers,
    });
  }

  /** Has `check` asked whenever somebody wants to know whether this process is ready, and at every scrape. */
  addReadiness(part: string, check: ReadinessCheck): void {
    this.checks.set(part, check);
  }

  /** Has `check` asked as {@link addReadiness} does, for what does not make this process unready. */
  addWarning(part: string, check: WarningCheck): void {
    this.warningChecks.set(part, check);
  }

  /** Calls `collect` before every scrape, for what is sampled or counted elsewhere. A failure leaves the metric as it was. */
  onScrape(collect: () => Promise<void> | void): void {
    this.collectors.push(collect);
  }

  /** Part to why it is not ready; empty when all are. */
  async unready(): Promise<ReadonlyMap<string, string>> {
    const reasons = [...this.checks].map(async ([part, check]): Promise<[string, string] | undefined> => {
      const reason = await failureOf(check);
      return reason === undefined ? undefined : [part, reason];
    });
    const unready = new Map((await Promise.all(reasons)).filter((entry) => entry !== undefined));
    if (this.phase !== 'serving') return unready.set('process', `it is ${this.phase}`);
    this.tell(unready);
    return unready;
  }

  /** Part to what is wrong with it, of those that can do their work all the same. */
  async warnings(): Promise<ReadonlyMap<string, string>> {
    const checks = [...this.warningChecks].map(async ([part, check]): Promise<[string, string] | undefined> => {
      let warning: string | undefined;
      await failureOf(async () => (warning = await check()));
      return warning === undefined ? undefined : [part, warning];
    });
    // In the order of the parts, whoever answers first: what is told already is not told anew.
    const warnings = new Map((await Promise.all(checks)).filter((entry) => entry !== undefined));
    const now = warnings.size === 0 ? '' : JSON.stringify(Object.fromEntries(warnings));
    if (now !== this.toldWarnings && now !== '')
      this.logger.warn({ warnings: Object.fromEntries(warnings) }, 'works on');
    this.toldWarnings = now;
    return warnings;
  }

  /** The log has the reasons, once, also where whoever asked must not hear them. */
  private tell(unready: ReadonlyMap<string, string>): void {
    const reasons = Object.fromEntries(unready);
    const now = unready.size === 0 ? '' : JSON.stringify(reasons);
    if (now === this.told) return;
    this.told = now;
    if (now === '') this.logger.info({}, 'ready again');
    else this.logger.warn({ reasons }, 'not ready');
  }

  /** All metrics in Prometheus' text format. */
  async scrape(): Promise<string> {
    const collected = this.collectors.map(async (collect) => {
      const reason = await failureOf(async () => collect());
      if (reason !== undefined) this.logger.warn({ reason }, 'a metric could not be collected');
    });
    const [unready, warnings] = await Promise.all([this.unready(), this.warnings(), ...collected]);
    for (const part of this.warningChecks.keys()) this.warned.set({ part }, warnings.has(part) ? 1 : 0);
    for (const part of ['process', ...this.checks.keys()]) this.ready.set({ part }, unready.has(part) ? 0 : 1);
    return this.registry.metrics();
  }
}

async function failureOf(check: ReadinessCheck): Promise<string | undefined> {
  try {
    await within(answerTimeoutMs, Promise.resolve(check()), () => new Error(`no answer within ${answerTimeoutMs} ms`));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
