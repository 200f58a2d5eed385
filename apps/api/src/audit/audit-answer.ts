import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { auditKinds } from '@torchweave/application';

export class AuditEntryAnswer {
  @ApiProperty({ enum: auditKinds })
  kind!: string;
  @ApiProperty({ format: 'date-time' })
  at!: string;
  @ApiPropertyOptional({ description: 'The name of the key that it came with, never the key.' })
  key?: string;
  @ApiPropertyOptional({ description: 'The address of whoever was connected.' })
  from?: string;
  @ApiPropertyOptional({ description: 'What a proxy, or the client, said of where it came from.' })
  forwardedFor?: string;
  @ApiProperty({ example: 'POST' })
  method!: string;
  @ApiProperty({ example: '/workflows', description: 'Without the query.' })
  path!: string;
  @ApiPropertyOptional()
  workflow?: string;
  @ApiPropertyOptional({ description: 'The URL of the archive, without the query.' })
  archive?: string;
  @ApiPropertyOptional({ description: 'Of the answer; absent where the client hung up before.' })
  status?: number;
  @ApiPropertyOptional({ description: 'The error with which it was not let in.' })
  code?: string;
  @ApiPropertyOptional()
  operationId?: string;
  @ApiPropertyOptional()
  requestId?: string;
}

export class AuditAnswer {
  @ApiProperty({ type: [AuditEntryAnswer] })
  entries!: readonly AuditEntryAnswer[];
}
