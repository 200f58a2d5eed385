import { Module, type DynamicModule } from '@nestjs/common';
import { InspectWorkflow, VersionManagement, WorkflowManagement } from '@torchweave/application';
import { HealthController } from './health/health.controller.js';
import { OperationsController } from './operations/operations.controller.js';
import { VersionsController } from './workflows/versions.controller.js';
import { WorkflowsController } from './workflows/workflows.controller.js';

@Module({})
export class ApiModule {
  /** The API on the given use cases. */
  static on(
    management: WorkflowManagement,
    versions: VersionManagement | undefined,
    inspection: InspectWorkflow | undefined,
  ): DynamicModule {
    return {
      module: ApiModule,
      controllers: [WorkflowsController, VersionsController, OperationsController, HealthController],
      providers: [
        { provide: WorkflowManagement, useValue: management },
        { provide: VersionManagement, useValue: versions ?? null },
        { provide: InspectWorkflow, useValue: inspection ?? null },
      ],
    };
  }
}
