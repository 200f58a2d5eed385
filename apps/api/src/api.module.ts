import { Module, type DynamicModule } from '@nestjs/common';
import { InspectWorkflow, VersionManagement, WorkflowManagement } from '@torchweave/application';
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
}

@Module({})
export class ApiModule {
  /** The API on the given use cases. */
  static on({ management, versions, inspection, changes }: ApiUseCases): DynamicModule {
    return {
      module: ApiModule,
      controllers: [WorkflowsController, VersionsController, OperationsController, HealthController],
      providers: [
        { provide: WorkflowManagement, useValue: management },
        { provide: ChangeRequests, useValue: changes },
        { provide: VersionManagement, useValue: versions ?? null },
        { provide: InspectWorkflow, useValue: inspection ?? null },
      ],
    };
  }
}
