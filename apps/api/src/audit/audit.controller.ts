import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { auditKinds, type AuditTrail } from '@torchweave/application';
import { auditQuery, type Parameters } from '../observation/queries.js';
import { ErrorAnswers } from '../openapi/error-answers.js';
import { AuditAnswer } from './audit-answer.js';

/** What keeps the audit, for those that are given it. */
export abstract class Audited {
  abstract list: AuditTrail['list'];
}

/** Who did what. */
@ApiTags('audit')
@Controller('audit')
export class AuditController {
  constructor(private readonly trail: Audited) {}

  @Get()
  @ApiOperation({
    operationId: 'listAudit',
    summary: 'Tell who changed what, or who was not let in, the newest first.',
  })
  @ApiQuery({ name: 'kind', required: false, enum: auditKinds })
  @ApiQuery({
    name: 'offset',
    required: false,
    schema: { type: 'integer', minimum: 0, maximum: 999_999_999, default: 0 },
  })
  @ApiQuery({ name: 'limit', required: false, schema: { type: 'integer', minimum: 0, maximum: 200, default: 50 } })
  @ApiOkResponse({ type: AuditAnswer })
  @ErrorAnswers(400, 503)
  async list(@Query() parameters: Parameters): Promise<AuditAnswer> {
    const { kind, offset, limit } = auditQuery(parameters);
    return { entries: await this.trail.list(kind, offset, limit) };
  }
}
