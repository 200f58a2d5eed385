import type { VersionsOfWorkflow, WorkflowRecord } from '@torchweave/application';
import type { Traffic, WorkflowDefinition } from '@torchweave/domain';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** One version of a workflow. */
export class VersionAnswer {
  @ApiProperty()
  version!: number;
  @ApiProperty({ enum: ['active', 'ready', 'registering', 'undoing', 'unregistering', 'retired'] })
  state!: string;
  @ApiProperty()
  workflowUrl!: string;
  @ApiProperty({ description: 'sha-256 of the archive.' })
  digest!: string;
  @ApiPropertyOptional({ description: 'ISO 8601, UTC: since when it is in this state.' })
  since?: string;
  @ApiPropertyOptional({ description: 'Per cent of the requests that it answers.' })
  weight?: number;
  @ApiPropertyOptional({ description: 'Per cent of the requests of which it gets a copy.' })
  shadow?: number;
  @ApiPropertyOptional({
    description: 'Seconds for which it still stays ready; absent where it stays until it is removed.',
  })
  keptSeconds?: number;
  @ApiPropertyOptional({ description: 'The operation that has made it: GET /operations/{operationId}.' })
  operationId?: string;
}

/** The answer to `GET /workflows/{name}/all`. */
export class VersionsAnswer {
  @ApiProperty()
  workflowName!: string;
  @ApiProperty()
  activeVersion!: number;
  @ApiPropertyOptional({ description: 'A header: requests with the same value of it go to the same version.' })
  sticky?: string;
  @ApiPropertyOptional({ description: 'Whether what copies are answered is compared.' })
  compare?: boolean;
  @ApiPropertyOptional({ description: 'The operation that changes the workflow at this moment.' })
  updatingOperationId?: string;
  @ApiProperty({ type: [VersionAnswer] })
  versions!: VersionAnswer[];
}

/** The answer to a change that is done. */
export class ChangedAnswer {
  @ApiProperty({ example: 'Workflow digits has been updated: version 2 serves.' })
  status!: string;
  @ApiPropertyOptional({ description: 'The version that was made.' })
  version?: number;
  @ApiPropertyOptional()
  activeVersion?: number;
}

/** Versions from the last to the first. */
export function versionsAnswer(known: VersionsOfWorkflow): VersionsAnswer {
  const { active, beside, retired, updating } = known;
  const traffic = active.pointers?.traffic;
  const activeVersion = active.definition.version;
  const versions = [
    { ...versionOfRecord(active, traffic, activeVersion), state: 'active' },
    ...beside.map(({ record, keptMs }) => ({
      ...versionOfRecord(record, traffic, activeVersion),
      ...(keptMs === undefined ? {} : { keptSeconds: Math.ceil(keptMs / 1_000) }),
    })),
    ...retired.map((definition) => ({ ...versionOfDefinition(definition), state: 'retired' })),
  ];
  return {
    workflowName: active.definition.name,
    activeVersion,
    ...(traffic?.stickyBy === undefined ? {} : { sticky: traffic.stickyBy }),
    ...(traffic?.compare === undefined ? {} : { compare: traffic.compare }),
    ...(updating === undefined ? {} : { updatingOperationId: updating }),
    versions: versions.sort((a, b) => b.version - a.version),
  };
}

function versionOfRecord(record: WorkflowRecord, traffic: Traffic | undefined, active: number): VersionAnswer {
  const { definition, phase, changedAt, operationId } = record;
  const { version } = definition;
  const { weights = {}, shadow } = traffic ?? {};
  const isShared = Object.keys(weights).length > 0;
  const weight = isShared ? (weights[version] ?? 0) : version === active ? 100 : 0;
  const copies = shadow?.[version];
  return {
    ...versionOfDefinition(definition),
    ...{ state: phase, since: changedAt, weight },
    ...(copies === undefined ? {} : { shadow: copies }),
    operationId,
  };
}

const versionOfDefinition = ({ version, url, digest }: WorkflowDefinition): VersionAnswer => ({
  ...{ version, state: 'retired' },
  ...{ workflowUrl: url, digest },
});
