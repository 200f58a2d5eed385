import type { WorkflowVersion } from '@torchweave/domain';
import type { AgedReport, ModelReports, SeenModel } from '../ports/model-reports.js';
import type { IndexedWorkflow } from './workflow-index.js';

/** Reports read at once: with 10,000 workflows a round takes ten looks, as a round of the workers takes longer. */
const readAtOnce = 1_000;

interface KeptReport {
  readonly report: AgedReport;
  readonly readAt: number;
}

/** What was seen of models, and how long ago. */
export interface SeenModels {
  readonly nodes: Readonly<Record<string, readonly SeenModel[]>>;
  readonly ageMs: number;
}

/** What workers have seen of the models of many workflows, read some at a time. */
export class ModelWatch {
  private readonly kept = new Map<string, KeptReport>();
  private next = 0;

  constructor(private readonly reports: Pick<ModelReports, 'read'>) {}

  /** Reads some of them; those that have gone are forgotten once a round. @throws TorchweaveError `stateUnavailable`. */
  async refresh(workflows: ReadonlyMap<string, IndexedWorkflow>): Promise<void> {
    const watched = [...workflows.values()].filter(({ phase, models }) => phase === 'ready' && models.length > 0);
    if (this.next >= watched.length) {
      this.next = 0;
      for (const name of this.kept.keys()) if (!workflows.has(name)) this.kept.delete(name);
    }
    const some = watched.slice(this.next, this.next + readAtOnce);
    this.next += some.length;
    const found = await this.reports.read(some.map(versionIn));
    const readAt = performance.now();
    for (const [i, { name, operationId }] of some.entries()) {
      const report = found[i];
      // One of a workflow that had the name before says nothing of this one.
      if (report?.operationId === operationId) this.kept.set(name, { report, readAt });
      else this.kept.delete(name);
    }
  }

  /** @returns undefined where no worker has told of them. */
  seenOf({ name, operationId }: IndexedWorkflow): SeenModels | undefined {
    const kept = this.kept.get(name);
    if (kept?.report.operationId !== operationId) return undefined;
    return { nodes: kept.report.nodes, ageMs: kept.report.ageMs + performance.now() - kept.readAt };
  }

  /** What was seen last on each model server, by its name. */
  servers(): ReadonlyMap<string, SeenServer> {
    const servers = new Map<string, SeenServer>();
    const now = performance.now();
    for (const { report, readAt } of this.kept.values()) {
      const ageMs = report.ageMs + now - readAt;
      for (const { server, state } of Object.values(report.nodes).flat()) note(servers, server, state, ageMs);
    }
    return servers;
  }
}

/** A model server by what was seen of models on it. */
export interface SeenServer {
  readonly models: number;
  readonly ready: number;
  readonly lastState: SeenModel['state'];
  readonly ageMs: number;
}

function note(servers: Map<string, SeenServer>, name: string, state: SeenModel['state'], ageMs: number): void {
  const known = servers.get(name);
  const isLast = known === undefined || ageMs < known.ageMs;
  servers.set(name, {
    models: (known?.models ?? 0) + 1,
    ready: (known?.ready ?? 0) + (state === 'ready' ? 1 : 0),
    lastState: isLast ? state : known.lastState,
    ageMs: isLast ? ageMs : known.ageMs,
  });
}

const versionIn = ({ name: workflow, version }: IndexedWorkflow): WorkflowVersion => ({ workflow, version });
