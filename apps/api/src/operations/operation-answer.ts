import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { TorchweaveError } from '@torchweave/domain';
import { jobNames, type Operation } from '@torchweave/application';
import { ErrorAnswer } from '../openapi/error-answer.js';

export class OperationStepAnswer {
  @ApiProperty({ example: 'register-nodes' })
  name!: string;
  @ApiProperty({ format: 'date-time' })
  startedAt!: string;
  @ApiPropertyOptional({ description: 'Absent while the step is under way.' })
  durationMs?: number;
}

/** A long-running operation. */
export class OperationAnswer {
  @ApiProperty()
  id!: string;
  @ApiProperty({ enum: jobNames })
  kind!: string;
  @ApiProperty({ enum: ['waiting', 'running', 'succeeded', 'failed'] })
  state!: string;
  @ApiPropertyOptional({ description: 'The workflow, once known.' })
  workflow?: string;
  @ApiProperty({ type: [OperationStepAnswer] })
  steps!: OperationStepAnswer[];
  @ApiPropertyOptional({ type: ErrorAnswer })
  error?: ErrorAnswer;
  @ApiProperty({ format: 'date-time' })
  createdAt!: string;
  @ApiPropertyOptional({ format: 'date-time' })
  startedAt?: string;
  @ApiPropertyOptional({ format: 'date-time' })
  finishedAt?: string;
  @ApiProperty({ description: 'More than 1 after a worker died.' })
  attempts!: number;
}

export function operationAnswer({ error, runsAs: _, ...operation }: Operation): OperationAnswer {
  const told = error === undefined ? {} : { error: TorchweaveError.fromRecord(error).toBody() };
  return { ...operation, steps: operation.steps.map((step) => ({ ...step })), ...told };
}
