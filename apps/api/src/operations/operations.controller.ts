import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { WorkflowManagement } from '@torchweave/application';
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
}
