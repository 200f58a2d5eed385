import { ApiProperty } from '@nestjs/swagger';
import { errorCatalogue } from '@torchweave/domain';

/** TorchServe's error object, and the code of our own. Some errors carry more fields, which say where the fault is. */
export class ErrorAnswer {
  @ApiProperty({ description: 'The HTTP status.', example: 404 })
  code!: number;
  @ApiProperty({ enum: [...new Set(Object.values(errorCatalogue).map((entry) => entry.type))] })
  type!: string;
  @ApiProperty({ example: 'Workflow not found: digits' })
  message!: string;
  @ApiProperty({ enum: Object.keys(errorCatalogue), description: 'Tells faults of one status apart.' })
  errorCode!: string;
}
