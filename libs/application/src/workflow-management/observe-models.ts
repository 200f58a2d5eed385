import { isTorchweaveError, isUnanswered, modelNodes, versionOf, type ModelNode } from '@torchweave/domain';
import type { ModelServerFleet } from '../model-server-fleet/model-server-fleet.js';
import type { Logger } from '../ports/logger.js';
import type { ModelReports, SeenModel } from '../ports/model-reports.js';
import type { ManagedModelServer } from '../ports/model-server.js';
import type { WorkflowRecord, WorkflowState } from '../ports/workflow-state.js';
import type { WorkflowVersions } from '../ports/workflow-versions.js';

export interface ObserveModelsPorts {
  readonly state: WorkflowState;
  readonly versions: WorkflowVersions;
  readonly modelServers: ModelServerFleet;
  readonly reports: ModelReports;
  readonly logger: Logger;
}

/** ms between two looks of one worker, and that one look may take; the next one goes on where it has ended. */
const lookEveryMs = 15_000;
const longestLookMs = 10_000;
/** ms that one model server has for an answer; one that is late is asked for nothing more in this look. */
const answerMs = 2_000;
/** Workflows read at once. */
const pageSize = 50;

/** Looks at the models of workflows on every model server, and reports what it sees. */
export class ObserveModels {
  private lookedAt = -Infinity;
  /** The rank of the workflow that the next look begins with. */
  private offset = 0;

  constructor(private readonly ports: ObserveModelsPorts) {}

  /** Some of all workflows, where it is time. */
  async look(signal: AbortSignal): Promise<void> {
    const begun = performance.now();
    if (begun - this.lookedAt < lookEveryMs) return;
    this.lookedAt = begun;
    const away = new Set<ManagedModelServer>();
    for (let hasMore = true; hasMore;) {
      const page = await this.ports.state.page(this.offset, pageSize);
      for (const { name } of page.workflows) {
        if (signal.aborted || performance.now() - begun > longestLookMs) return;
        await this.observe(name, away);
        this.offset += 1;
      }
      ({ hasMore } = page);
    }
    this.offset = 0;
  }

  /** One workflow, right after it was changed. What keeps it from that is logged: the change is done. */
  async lookAt(workflow: string): Promise<void> {
    try {
      await this.observe(workflow, new Set());
    } catch (error) {
      this.ports.logger.warn({ workflow, err: error }, 'the models of a workflow cannot be reported');
    }
  }

  /** Of a workflow that cannot be read there is nothing to report. */
  private async observe(workflow: string, away: Set<ManagedModelServer>): Promise<void> {
    const known = await this.ports.versions.list(workflow).catch((error: unknown) => {
      if (isTorchweaveError(error, 'workflowUnreadable')) return undefined;
      throw error;
    });
    if (known === undefined) return;
    const records = [known.active, ...known.beside.map(({ record }) => record)];
    for (const record of records) if (record.phase === 'ready') await this.report(record, away);
  }

  private async report({ definition, operationId }: WorkflowRecord, away: Set<ManagedModelServer>): Promise<void> {
    const servers = this.ports.modelServers.managed;
    const nodes = modelNodes(definition);
    const seen = await Promise.all(servers.map((server) => seenOn(server, nodes, away)));
    const report = nodes.map(({ name }, i) => [name, seen.flatMap((models) => models[i] ?? [])] as const);
    await this.ports.reports.write(versionOf(definition), { operationId, nodes: Object.fromEntries(report) });
  }
}

/** One model after the other. */
async function seenOn(
  server: ManagedModelServer,
  nodes: readonly ModelNode[],
  away: Set<ManagedModelServer>,
): Promise<readonly SeenModel[]> {
  const seen: SeenModel[] = [];
  for (const node of nodes) seen.push(away.has(server) ? unreachable(server) : await seenModel(server, node, away));
  return seen;
}

async function seenModel(
  server: ManagedModelServer,
  { modelName, minWorkers }: ModelNode,
  away: Set<ManagedModelServer>,
): Promise<SeenModel> {
  const { name, repository } = server;
  const late = AbortSignal.timeout(answerMs);
  try {
    const held = await repository.describe(modelName, late);
    if (held === undefined) return { server: name, state: 'missing' };
    const { readyWorkers } = held;
    return { server: name, state: readyWorkers >= Math.max(1, minWorkers) ? 'ready' : 'starting', readyWorkers };
  } catch (error) {
    // Whatever else it says, it has not told of the model.
    if (late.aborted || isUnanswered(error)) away.add(server);
    return unreachable(server);
  }
}

const unreachable = ({ name }: ManagedModelServer): SeenModel => ({ server: name, state: 'unreachable' });
