import { Module, type DynamicModule } from '@nestjs/common';
import { InspectWorkflow, VersionManagement, WorkflowManagement } from '@torchweave/application';
import type { AuditTrail } from '@torchweave/application';
import { AuditController, Audited } from './audit/audit.controller.js';
import { ChangeRequests } from './http/change-requests.js';
import { HealthController } from './health/health.controller.js';
import { OperationsController } from './operations/operations.controller.js';
import { VersionsController } from './workflows/versions.controller.js';
import { WorkflowsController } from './workflows/workflows.controller.js';

export interface ApiUseCases {
  readonly management: WorkflowManagement;
  readonly changes: ChangeRequests;
  readonly versions: VersionManagement | undefined;
  readonly inspection: InspectWorkflow | undefined;
  /** What is told of who did what; without it there is no such route. */
  readonly audit: Pick<AuditTrail, 'list'> | undefined;
}

@Module({})
export class ApiModule {
  /** The API on the given use cases. */
  static on({ management, versions, inspection, changes, audit }: ApiUseCases): DynamicModule {
    return {
      module: ApiModule,
      controllers: [
        ...[WorkflowsController, VersionsController, OperationsController, HealthController],
        ...(audit === undefined ? [] : [AuditController]),
      ],
      providers: [
        { provide: WorkflowManagement, useValue: management },
        { provide: ChangeRequests, useValue: changes },
        { provide: VersionManagement, useValue: versions ?? null },
        { provide: InspectWorkflow, useValue: inspection ?? null },
        { provide: Audited, useValue: audit ?? null },
      ],
    };
  }
}
