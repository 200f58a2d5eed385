import { Body, Controller, Delete, Get, Inject, Param, Put, Query, Req, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiConsumes,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import {
  InspectWorkflow,
  VersionManagement,
  WorkflowManagement,
  type Identify,
  type Submission,
} from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ChangeRequests } from '../http/change-requests.js';
import { ApiQueries } from '../openapi/api-queries.js';
import { ErrorAnswers } from '../openapi/error-answers.js';
import { Idempotent } from '../openapi/idempotency-key.js';
import { answerTo } from './answer-to.js';
import { detailedVersions, inspected } from './detailed-answer.js';
import { DetailedDto } from './detailed.dto.js';
import { UnregisterWorkflowDto } from './unregister-workflow.dto.js';
import { ChangeWorkflowDto, scaleParameters, scalingIn, type RequestedScaling } from './scale-workflow.dto.js';
import { SetDefaultDto, TrafficDto, updateParameters } from './update-workflow.dto.js';
import { ChangedAnswer, VersionAnswer, VersionsAnswer, versionsAnswer } from './version-answers.js';
import { AcceptedAnswer, describeAnswer, type DescribedWorkflow } from './workflow-answers.js';

const changing = [404, 409, 413, 500, 502, 503, 504] as const;

/** What TorchServe has for models, for workflows: update, versions, default, traffic. */
@ApiTags('versions')
@Controller('workflows')
export class VersionsController {
  constructor(
    @Inject(VersionManagement) private readonly management: VersionManagement | null,
    private readonly workflows: WorkflowManagement,
    private readonly changes: ChangeRequests,
    @Inject(InspectWorkflow) private readonly inspection: InspectWorkflow | null,
  ) {}

  private get versions(): VersionManagement {
    if (this.management === null) throw new TorchweaveError('resourceNotFound', {});
    return this.management;
  }

  @Put(':name')
  @ApiOperation({
    operationId: 'updateWorkflow',
    summary: 'Make the next version of a workflow, and let it serve; or scale the workers of the one that serves.',
  })
  @ApiQueries([...updateParameters, ...scaleParameters])
  @ApiBody({ type: ChangeWorkflowDto, required: false })
  @ApiConsumes('application/json', 'application/x-www-form-urlencoded')
  @ApiOkResponse({ type: ChangedAnswer })
  @ApiAcceptedResponse({ type: AcceptedAnswer })
  @ErrorAnswers(...changing, 415, 507)
  @Idempotent()
  async update(
    @Param('name') name: string,
    @Body() parameters: ChangeWorkflowDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ChangedAnswer | AcceptedAnswer> {
    const { url, sha256, create = false, keep } = parameters;
    const { set_default: setDefault, watch_seconds: watchSeconds, max_error_rate: maxErrorRate } = parameters;
    const upload = await this.changes.archive(request, sha256);
    const archive = upload ?? url;
    const scaling = scalingIn(parameters, archive !== undefined);
    if (scaling !== undefined) {
      const order = { workflow: name, ...scaling };
      const scaled = await this.changes.submit(request, parameters, (...how) => this.versions.scale(order, ...how));
      return answerTo(scaled, reply, scaledSentence(scaling));
    }
    if (archive === undefined) {
      // One that is not there is told first, as TorchServe knows no such request.
      await this.versions.list(name);
      throw new TorchweaveError('parameterMissing', { parameter: 'url' });
    }
    const order = {
      ...{ create, setDefault, keep, maxErrorRate, sha256 },
      ...(watchSeconds === undefined ? {} : { watchMs: watchSeconds * 1_000 }),
    };
    const begin = (synchronous: boolean, identify?: Identify): Promise<Submission> =>
      this.versions.update(name, archive, { synchronous, ...order }, identify);
    const submission = await this.changes.submit(request, parameters, begin, upload);
    const answer = answerTo(submission, reply, (workflow) => `Workflow ${workflow} has been updated`);
    return submission.ended ? this.changed(submission.workflow, submission.operationId, answer) : answer;
  }

  @Get(':name/all')
  @ApiOperation({ operationId: 'listVersions', summary: 'List the versions of a workflow.' })
  @ApiOkResponse({ type: VersionsAnswer })
  @ErrorAnswers(404, 503)
  async list(@Param('name') name: string, @Query() { detailed = false }: DetailedDto): Promise<VersionsAnswer> {
    if (detailed) return detailedVersions(await inspected(this.inspection, name));
    return versionsAnswer(await this.versions.list(name));
  }

  @Get(':name/:version')
  @ApiOperation({ operationId: 'describeVersion', summary: 'Describe a version of a workflow.' })
  @ApiParam({ name: 'version', schema: { type: 'integer', minimum: 1 } })
  @ApiOkResponse({ type: VersionAnswer })
  @ErrorAnswers(404, 503)
  async describe(
    @Param('name') name: string,
    @Param('version') segment: string,
    @Query() { detailed = false }: DetailedDto,
  ): Promise<VersionAnswer | DescribedWorkflow[]> {
    const version = versionIn(segment);
    // TorchServe ignores a further path segment.
    if (version === undefined) return describeAnswer(await this.workflows.describe(name));
    const { versions } = await this.list(name, { detailed });
    const found = versions.find((each) => each.version === version);
    if (found === undefined) throw new TorchweaveError('versionNotFound', { workflow: name, version });
    return found;
  }

  @Put(':name/:version/set-default')
  @ApiOperation({ operationId: 'setDefaultVersion', summary: 'Let another version of a workflow serve.' })
  @ApiParam({ name: 'version', schema: { type: 'integer', minimum: 1 } })
  @ApiOkResponse({ type: ChangedAnswer })
  @ApiAcceptedResponse({ type: AcceptedAnswer })
  @ErrorAnswers(...changing)
  @Idempotent()
  async setDefault(
    @Param('name') workflow: string,
    @Param('version') segment: string,
    @Query() parameters: SetDefaultDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ChangedAnswer | AcceptedAnswer> {
    const version = versionIn(segment);
    if (version === undefined)
      throw new TorchweaveError('parameterInvalid', { parameter: 'version', value: segment, rule: versionRule });
    const { keep } = parameters;
    const order = { workflow, version, ...(keep === undefined ? {} : { keep }) };
    const submission = await this.changes.submit(request, parameters, (...how) =>
      this.versions.setDefault(order, ...how),
    );
    return answerTo(submission, reply, (name) => `Version ${version} of workflow ${name} serves.`);
  }

  @Put(':name/traffic')
  @ApiOperation({ operationId: 'directTraffic', summary: 'Share the requests of a workflow out among its versions.' })
  @ApiOkResponse({ type: ChangedAnswer })
  @ApiAcceptedResponse({ type: AcceptedAnswer })
  @ErrorAnswers(...changing)
  @Idempotent()
  async direct(
    @Param('name') name: string,
    @Body() parameters: TrafficDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ChangedAnswer | AcceptedAnswer> {
    const { weights = {}, sticky, shadow, compare } = parameters;
    const traffic = {
      weights,
      ...(sticky === undefined ? {} : { stickyBy: sticky.toLowerCase() }),
      ...(shadow === undefined ? {} : { shadow }),
      ...(compare === undefined ? {} : { compare }),
    };
    const submission = await this.changes.submit(request, parameters, (...how) =>
      this.versions.direct(name, traffic, ...how),
    );
    return answerTo(submission, reply, (workflow) => `The traffic of workflow ${workflow} is shared out so.`);
  }

  @Delete(':name/:version')
  @ApiOperation({ operationId: 'unregisterVersion', summary: 'Remove a version that does not serve.' })
  @ApiParam({ name: 'version', schema: { type: 'integer', minimum: 1 } })
  @ApiOkResponse({ type: ChangedAnswer })
  @ApiAcceptedResponse({ type: AcceptedAnswer })
  @ErrorAnswers(...changing)
  @Idempotent()
  async unregister(
    @Param('name') workflow: string,
    @Param('version') segment: string,
    @Query() parameters: UnregisterWorkflowDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ChangedAnswer | AcceptedAnswer> {
    const version = versionIn(segment);
    // Whoever means the traffic must not lose the workflow.
    if (segment === 'traffic') throw new TorchweaveError('methodNotAllowed', { allow: 'PUT' });
    if (version === undefined) {
      // TorchServe ignores a further path segment.
      const submission = await this.changes.submit(request, parameters, (...how) =>
        this.workflows.unregister(workflow, ...how),
      );
      return answerTo(submission, reply, (name) => `Workflow "${name}" unregistered`);
    }
    const submission = await this.changes.submit(request, parameters, (...how) =>
      this.versions.unregister({ workflow, version }, ...how),
    );
    return answerTo(submission, reply, (name) => `Version ${version} of workflow ${name} unregistered.`);
  }

  /** Says what the operation has made of the workflow, which somebody may have changed since. */
  private async changed(workflow: string, operationId: string, { status }: ChangedAnswer): Promise<ChangedAnswer> {
    const changed = await this.versions.changedBy(workflow, operationId);
    if (changed === undefined) return { status: `${status}.` };
    const { version, active } = changed;
    const sentence =
      version === undefined || version === active ? `version ${active} serves` : `version ${version} is ready`;
    return { status: `${status}: ${sentence}.`, ...(version === undefined ? {} : { version }), activeVersion: active };
  }
}

/** In TorchServe's words for models. */
const scaledSentence =
  ({ node, minWorkers }: RequestedScaling) =>
  (workflow: string): string =>
    `Workers scaled to ${minWorkers} for ${node === undefined ? '' : `node ${node} of `}workflow: ${workflow}`;

const versionRule = 'a whole number from 1';

const versionIn = (segment: string): number | undefined =>
  /^[1-9]\d{0,8}$/.test(segment) ? Number(segment) : undefined;
