import type { LoadGenerator } from '../load/load.js';
import type { BenchOptions } from '../options.js';
import type { Table } from '../report/table.js';
import type { Figure } from '../statistics.js';
import type { System } from '../system.js';

/** What a section may use. */
export interface SectionContext {
  readonly system: System;
  readonly options: BenchOptions;
  readonly generator: LoadGenerator;
  /** The URLs that have had their warm-up: one is enough. */
  readonly warmed: Set<string>;
  /** Has the next who asks `system` get a new TorchServe and a new Torchweave; not with `--quick`, which has no time for it. */
  readonly startAnew: () => Promise<void>;
  /** Tells whoever watches what is going on. */
  say(text: string): void;
}

/** What a section has measured: tables for people, figures by name for targets and for the JSON. */
export interface SectionResult {
  readonly tables: readonly Table[];
  readonly figures: Readonly<Record<string, Figure>>;
  /** Single samples, for the JSON alone. */
  readonly details?: unknown;
}

export interface Section {
  readonly title: string;
  run(context: SectionContext): Promise<SectionResult>;
}
