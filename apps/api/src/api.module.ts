import { Module, type DynamicModule } from '@nestjs/common';
import { WorkflowManagement } from '@torchweave/application';
import { HealthController } from './health/health.controller.js';
import { OperationsController } from './operations/operations.controller.js';
import { WorkflowsController } from './workflows/workflows.controller.js';

@Module({})
export class ApiModule {
  /** The API on the given use cases. */
  static on(management: WorkflowManagement): DynamicModule {
    return {
      module: ApiModule,
      controllers: [WorkflowsController, OperationsController, HealthController],
      providers: [{ provide: WorkflowManagement, useValue: management }],
    };
  }
}
