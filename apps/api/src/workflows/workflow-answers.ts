import type { WorkflowPage, WorkflowRecord } from '@torchweave/application';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** `{"status": …}`, the answer to a registration or unregistration that is done. */
export class StatusAnswer {
  @ApiProperty({ example: 'Workflow digits has been registered and scaled successfully.' })
  status!: string;
}

/** The answer to `synchronous=false`. */
export class AcceptedAnswer extends StatusAnswer {
  @ApiProperty({ description: 'Follow it at GET /operations/{operationId}.' })
  operationId!: string;
}

export class ListedWorkflow {
  @ApiProperty()
  workflowName!: string;
  @ApiProperty()
  workflowUrl!: string;
}

export class WorkflowListAnswer {
  @ApiPropertyOptional({ description: 'Absent on the last page.' })
  nextPageToken?: string;
  @ApiProperty({ type: [ListedWorkflow] })
  workflows!: ListedWorkflow[];
}

export class DescribedWorkflow extends ListedWorkflow {
  @ApiProperty()
  minWorkers!: number;
  @ApiProperty()
  maxWorkers!: number;
  @ApiProperty()
  batchSize!: number;
  @ApiProperty({ description: 'ms' })
  maxBatchDelay!: number;
  @ApiProperty({ example: '{pre=[up], up=[post]}' })
  workflowDag!: string;
}

/** Key order as TorchServe's `ListWorkflowResponse`. */
export function listAnswer(page: WorkflowPage & { readonly nextOffset?: number }): WorkflowListAnswer {
  const workflows = page.workflows.map(({ name, url }) => ({ workflowName: name, workflowUrl: url }));
  return page.nextOffset === undefined ? { workflows } : { nextPageToken: String(page.nextOffset), workflows };
}

/** Key order as TorchServe's `DescribeWorkflowResponse`. */
export function describeAnswer({ definition }: WorkflowRecord): DescribedWorkflow[] {
  const { minWorkers, maxWorkers, batchSize, maxBatchDelay } = definition.globals;
  return [
    {
      workflowName: definition.name,
      workflowUrl: definition.url,
      minWorkers,
      maxWorkers,
      batchSize,
      maxBatchDelay,
      workflowDag: definition.dagText,
    },
  ];
}
