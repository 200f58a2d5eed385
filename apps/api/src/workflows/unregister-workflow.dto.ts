import { PickType } from '@nestjs/swagger';
import { RegisterWorkflowDto } from './register-workflow.dto.js';

/** The parameters of `DELETE /workflows/{name}`. */
export class UnregisterWorkflowDto extends PickType(RegisterWorkflowDto, ['synchronous'] as const) {}
