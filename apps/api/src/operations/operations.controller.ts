import { Controller, Delete, Get, Param, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { WorkflowManagement } from '@torchweave/application';
import type { FastifyReply } from 'fastify';
import { ErrorAnswers } from '../openapi/error-answers.js';
import { OperationAnswer, operationAnswer } from './operation-answer.js';

/** What has become of a registration or unregistration. */
@ApiTags('operations')
@Controller('operations')
export class OperationsController {
  constructor(private readonly management: WorkflowManagement) {}

  @Get(':id')
  @ApiOperation({ operationId: 'describeOperation', summary: 'Tell the state, steps and error of an operation.' })
  @ApiOkResponse({ type: OperationAnswer })
  @ErrorAnswers(404, 503)
  async describe(@Param('id') id: string): Promise<OperationAnswer> {
    return operationAnswer(await this.management.operation(id));
  }

  @Delete(':id')
  @ApiOperation({ operationId: 'cancelOperation', summary: 'Cancel what has not been committed, and undo it.' })
  @ApiOkResponse({ type: OperationAnswer, description: 'It has ended.' })
  @ApiAcceptedResponse({ type: OperationAnswer, description: 'It is undone by whoever has it.' })
  @ErrorAnswers(404, 409, 413, 503)
  async cancel(@Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<OperationAnswer> {
    const operation = await this.management.cancel(id);
    void reply.header('operation-id', operation.id);
    if (operation.finishedAt === undefined) void reply.status(202).header('location', `/operations/${operation.id}`);
    return operationAnswer(operation);
  }
}
