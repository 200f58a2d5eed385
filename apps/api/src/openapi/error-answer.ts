import { ApiProperty } from '@nestjs/swagger';
import { errorCatalogue } from '@torchweave/domain';

/** TorchServe's error object. Some errors carry more fields, which say where the fault is. */
export class ErrorAnswer {
  @ApiProperty({ description: 'The HTTP status.', example: 404 })
  code!: number;
  @ApiProperty({ enum: [...new Set(Object.values(errorCatalogue).map((entry) => entry.type))] })
  type!: string;
  @ApiProperty({ example: 'Workflow not found: digits' })
  message!: string;
}
