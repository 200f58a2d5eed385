import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiConsumes,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiQuery,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { InspectWorkflow, WorkflowManagement, type Identify, type Submission } from '@torchweave/application';

import type { FastifyReply, FastifyRequest } from 'fastify';
import { ChangeRequests } from '../http/change-requests.js';
import { ApiQueries } from '../openapi/api-queries.js';
import { ErrorAnswers } from '../openapi/error-answers.js';
import { Idempotent } from '../openapi/idempotency-key.js';
import { answerTo } from './answer-to.js';
import { DetailedWorkflow, detailedAnswer, inspected } from './detailed-answer.js';
import { DetailedDto } from './detailed.dto.js';
import { ListWorkflowsDto, listParameters } from './list-workflows.dto.js';
import { registerParameters, RegisterWorkflowDto } from './register-workflow.dto.js';
import { UnregisterWorkflowDto } from './unregister-workflow.dto.js';
import { AcceptedAnswer, DescribedWorkflow, StatusAnswer, WorkflowListAnswer } from './workflow-answers.js';
import { describeAnswer, listAnswer } from './workflow-answers.js';

const refTo = (model: typeof DescribedWorkflow): { $ref: string } => ({ $ref: getSchemaPath(model) });
const describedSchema = {
  type: 'array',
  items: { anyOf: [refTo(DescribedWorkflow), refTo(DetailedWorkflow)] },
};

/** TorchServe's workflow management API: register, list, describe, unregister. */
@ApiTags('workflows')
@Controller('workflows')
export class WorkflowsController {
  constructor(
    private readonly management: WorkflowManagement,
    private readonly changes: ChangeRequests,
    @Inject(InspectWorkflow) private readonly inspection: InspectWorkflow | null,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ operationId: 'registerWorkflow', summary: 'Register a workflow archive.' })
  @ApiQueries(registerParameters)
  @ApiBody({ type: RegisterWorkflowDto, required: false })
  @ApiConsumes('application/json', 'application/x-www-form-urlencoded')
  @ApiOkResponse({ type: StatusAnswer })
  @ApiAcceptedResponse({ type: AcceptedAnswer })
  @ErrorAnswers(404, 409, 413, 415, 500, 502, 503, 504, 507)
  @Idempotent()
  async register(
    @Body() parameters: RegisterWorkflowDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StatusAnswer | AcceptedAnswer> {
    const { url, workflow_name: workflowName, sha256 } = parameters;
    const named = {
      ...(workflowName === undefined ? {} : { workflowName }),
      ...(sha256 === undefined ? {} : { sha256 }),
    };
    const upload = await this.changes.archive(request, sha256);
    const begin = (synchronous: boolean, identify?: Identify): Promise<Submission> =>
      upload === undefined
        ? this.management.register({ url, ...named }, synchronous, identify)
        : this.management.registerUpload(upload, named, synchronous, identify);
    const submission = await this.changes.submit(request, parameters, begin, upload);
    return answerTo(submission, reply, (name) => `Workflow ${name} has been registered and scaled successfully.`);
  }

  @Get()
  @ApiOperation({ operationId: 'listWorkflows', summary: 'List the registered workflows by name.' })
  @ApiQuery(listParameters[0])
  @ApiQuery(listParameters[1])
  @ApiOkResponse({ type: WorkflowListAnswer })
  @ErrorAnswers(503)
  async list(@Query() query: ListWorkflowsDto): Promise<WorkflowListAnswer> {
    return listAnswer(await this.management.list(query.limit, query.next_page_token));
  }

  @Get(':name')
  @ApiOperation({ operationId: 'describeWorkflow', summary: 'Describe a workflow.' })
  @ApiExtraModels(DescribedWorkflow, DetailedWorkflow)
  @ApiOkResponse({ schema: describedSchema })
  @ErrorAnswers(404, 503)
  async describe(
    @Param('name') name: string,
    @Query() { detailed = false }: DetailedDto,
  ): Promise<DescribedWorkflow[]> {
    if (detailed) return detailedAnswer(await inspected(this.inspection, name));
    return describeAnswer(await this.management.describe(name));
  }

  @Delete(':name')
  @ApiOperation({ operationId: 'unregisterWorkflow', summary: 'Unregister a workflow.' })
  @ApiOkResponse({ type: StatusAnswer })
  @ApiAcceptedResponse({ type: AcceptedAnswer })
  @ErrorAnswers(404, 409, 413, 500, 502, 503, 504)
  @Idempotent()
  async unregister(
    @Param('name') name: string,
    @Query() parameters: UnregisterWorkflowDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StatusAnswer | AcceptedAnswer> {
    const submission = await this.changes.submit(request, parameters, (...how) =>
      this.management.unregister(name, ...how),
    );
    return answerTo(submission, reply, (workflow) => `Workflow "${workflow}" unregistered`);
  }
}
