import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { WorkflowManagement } from '@torchweave/application';
import { ErrorAnswers } from '../openapi/error-answers.js';
import { StatusAnswer } from '../workflows/workflow-answers.js';

@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(private readonly management: WorkflowManagement) {}

  @Get('live')
  @ApiOperation({ operationId: 'isLive', summary: 'Whether the process answers.' })
  @ApiOkResponse({ type: StatusAnswer })
  @ErrorAnswers()
  live(): StatusAnswer {
    return { status: 'Healthy' };
  }

  @Get('ready')
  @ApiOperation({ operationId: 'isReady', summary: 'Whether the process can do its work: Redis answers.' })
  @ApiOkResponse({ type: StatusAnswer })
  @ErrorAnswers(503)
  async ready(): Promise<StatusAnswer> {
    await this.management.list(1, 0);
    return { status: 'Healthy' };
  }
}
