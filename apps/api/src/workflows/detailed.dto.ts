import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean } from 'class-validator';
import { asBoolean, IsGivenOrAbsent } from './register-workflow.dto.js';

/** How much is told of a workflow. */
export class DetailedDto {
  @ApiPropertyOptional({
    description: 'true tells versions, nodes with their state on each model server, gateways and the last operation.',
    default: false,
  })
  @Transform(asBoolean)
  @IsGivenOrAbsent()
  @IsBoolean({ message: 'true or false' })
  detailed?: boolean;
}
