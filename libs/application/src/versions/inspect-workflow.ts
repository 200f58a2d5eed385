import { TorchweaveError, versionOf } from '@torchweave/domain';
import type { GatewayRegistry, ServingGateway } from '../ports/gateway-registry.js';
import type { JobQueue, Operation } from '../ports/job-queue.js';
import type { AgedReport, ModelReports } from '../ports/model-reports.js';
import type { VersionsOfWorkflow, WorkflowVersions } from '../ports/workflow-versions.js';

export interface InspectWorkflowPorts {
  readonly versions: WorkflowVersions;
  readonly reports: ModelReports;
  readonly gateways: GatewayRegistry;
  readonly jobs: JobQueue;
}

/** A workflow with all that the state knows of it. */
export interface InspectedWorkflow {
  readonly known: VersionsOfWorkflow;
  /** What workers have seen of the models, by version; absent of one that no worker has looked at. */
  readonly reports: ReadonlyMap<number, AgedReport>;
  readonly gateways: readonly ServingGateway[];
  /** The one that changes its versions or workers at this moment, else the last that has made a version; absent where it is forgotten. */
  readonly operation?: Operation;
}

/** Tells of a workflow without asking anybody but the state: a model server that is away makes nobody wait. */
export class InspectWorkflow {
  constructor(private readonly ports: InspectWorkflowPorts) {}

  /** @throws TorchweaveError `workflowNotFound`, `workflowUnreadable`. */
  async execute(workflow: string): Promise<InspectedWorkflow> {
    const { versions, reports, gateways, jobs } = this.ports;
    const known = await versions.list(workflow);
    if (known === undefined) throw new TorchweaveError('workflowNotFound', { workflow });
    const records = [known.active, ...known.beside.map(({ record }) => record)];
    const newest = records.reduce((a, b) => (b.definition.version > a.definition.version ? b : a));
    const [seen, serving, operation] = await Promise.all([
      reports.read(records.map(({ definition }) => versionOf(definition))),
      gateways.serving(),
      jobs.operation(known.updating ?? newest.operationId),
    ]);
    const current = records.flatMap(({ definition, operationId }, i): [number, AgedReport][] => {
      const report = seen[i];
      // One of a workflow that had the name before says nothing of this one.
      return report?.operationId === operationId ? [[definition.version, report]] : [];
    });
    return {
      ...{ known, reports: new Map(current), gateways: serving },
      ...(operation === undefined ? {} : { operation }),
    };
  }
}
