import type {
  AgedReport,
  InspectedWorkflow,
  InspectWorkflow,
  ServingGateway,
  VersionsOfWorkflow,
} from '@torchweave/application';
import { modelNodes, TorchweaveError, type WorkflowDefinition } from '@torchweave/domain';
import { ApiProperty, ApiPropertyOptional, IntersectionType, OmitType } from '@nestjs/swagger';
import { OperationAnswer, operationAnswer } from '../operations/operation-answer.js';
import { VersionAnswer, VersionsAnswer, versionsAnswer } from './version-answers.js';
import { DescribedWorkflow, describeAnswer } from './workflow-answers.js';

/** A model on one model server. */
export class ModelServerAnswer {
  @ApiProperty({ description: "The server's name." })
  name!: string;
  @ApiProperty({
    enum: ['ready', 'starting', 'missing', 'unreachable'],
    description: 'ready: min-workers of the node, one at least, take requests.',
  })
  state!: string;
  @ApiPropertyOptional({ description: 'Absent where the server did not tell.' })
  readyWorkers?: number;
}

/** A node of a version; of one with a model, what is wanted and what is there. */
export class NodeAnswer {
  @ApiProperty()
  name!: string;
  @ApiProperty({ enum: ['model', 'function'] })
  kind!: string;
  @ApiPropertyOptional()
  minWorkers?: number;
  @ApiPropertyOptional()
  maxWorkers?: number;
  @ApiPropertyOptional({ type: [ModelServerAnswer], description: 'Absent where no worker has looked yet.' })
  modelServers?: ModelServerAnswer[];
}

export class DetailedVersion extends VersionAnswer {
  @ApiProperty({ type: [NodeAnswer] })
  nodes!: NodeAnswer[];
  @ApiPropertyOptional({ description: 'Seconds since a worker saw the models so; absent where none has looked yet.' })
  seenSecondsAgo?: number;
}

export class GatewayAnswer {
  @ApiProperty()
  id!: string;
  @ApiProperty({ description: 'The last change of any workflow that it has followed.' })
  revision!: number;
  @ApiProperty({ description: 'Whether it has followed the last change of this workflow.' })
  isCurrent!: boolean;
}

/** The answer to `GET /workflows/{name}/all?detailed=true`. */
export class DetailedVersions extends OmitType(VersionsAnswer, ['versions'] as const) {
  @ApiProperty({ type: [DetailedVersion] })
  versions!: DetailedVersion[];
  @ApiProperty({ type: [GatewayAnswer] })
  gateways!: GatewayAnswer[];
  @ApiPropertyOptional({
    type: OperationAnswer,
    description: 'The one that changes it at this moment, else the one that has made its last version.',
  })
  lastOperation?: OperationAnswer;
}

/** The answer to `GET /workflows/{name}?detailed=true`. */
export class DetailedWorkflow extends IntersectionType(DescribedWorkflow, DetailedVersions) {}

/** Versions from the last to the first, each with its nodes. */
export function detailedVersions({ known, reports, gateways, operation }: InspectedWorkflow): DetailedVersions {
  const { versions, ...answer } = versionsAnswer(known);
  const definitions = new Map(definitionsOf(known).map((definition) => [definition.version, definition]));
  const { revision } = known.active;
  return {
    ...answer,
    versions: versions.map((version) => ({
      ...version,
      ...nodesAnswer(definitions.get(version.version), reports.get(version.version)),
    })),
    gateways: gateways.map((gateway) => gatewayAnswer(gateway, revision)),
    ...(operation === undefined ? {} : { lastOperation: operationAnswer(operation) }),
  };
}

/** A list of one, as describe's. */
export const detailedAnswer = (inspected: InspectedWorkflow): DetailedWorkflow[] =>
  describeAnswer(inspected.known.active).map((described) => ({ ...described, ...detailedVersions(inspected) }));

const definitionsOf = ({ active, beside, retired }: VersionsOfWorkflow): WorkflowDefinition[] => [
  ...[active, ...beside.map(({ record }) => record)].map(({ definition }) => definition),
  ...retired,
];

const gatewayAnswer = ({ gatewayId, revision }: ServingGateway, wanted: number): GatewayAnswer => ({
  ...{ id: gatewayId, revision },
  isCurrent: revision >= wanted,
});

function nodesAnswer(
  definition: WorkflowDefinition | undefined,
  report: AgedReport | undefined,
): Pick<DetailedVersion, 'nodes' | 'seenSecondsAgo'> {
  if (definition === undefined) return { nodes: [] };
  const models = new Map(modelNodes(definition).map((node) => [node.name, node]));
  const nodes = definition.nodes.map(({ name, kind }): NodeAnswer => {
    const node = models.get(name);
    if (node === undefined) return { name, kind };
    const { minWorkers, maxWorkers } = node;
    const seen = report?.nodes[name]?.map(({ server, ...state }) => ({ name: server, ...state }));
    return { name, kind, minWorkers, maxWorkers, ...(seen === undefined ? {} : { modelServers: seen }) };
  });
  return { nodes, ...(report === undefined ? {} : { seenSecondsAgo: Math.round(report.ageMs / 1_000) }) };
}

/** @throws TorchweaveError `workflowNotFound`; `resourceNotFound` where there is nothing to be found of details. */
export function inspected(inspection: InspectWorkflow | null, workflow: string): Promise<InspectedWorkflow> {
  if (inspection === null) throw new TorchweaveError('resourceNotFound', {});
  return inspection.execute(workflow);
}
