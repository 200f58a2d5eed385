import { ApiPropertyOptional, type ApiQueryOptions } from '@nestjs/swagger';
import { TorchweaveError, workerBounds, workerRangeOf, type WorkerRange } from '@torchweave/domain';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';
import { IsGivenOrAbsent } from './register-workflow.dto.js';
import { IsBounded, UpdateWorkflowDto } from './update-workflow.dto.js';

const { min, max } = workerBounds;
/** Characters of a node's name. */
const longestNode = 1_024;

/** The parameters of `PUT /workflows/{name}`: of an update, or of a change of workers. */
export class ChangeWorkflowDto extends UpdateWorkflowDto {
  @ApiPropertyOptional({
    description: 'Workers that each model server keeps of the model. Without url: no version is made.',
    default: 1,
    minimum: min.least,
    maximum: min.most,
  })
  @IsBounded(min.least, min.most, true)
  min_worker?: number;

  @ApiPropertyOptional({
    description: 'Workers that there may be at most; as many as min_worker, where it is left out.',
    minimum: max.least,
    maximum: max.most,
  })
  @IsBounded(max.least, max.most, true)
  max_worker?: number;

  @ApiPropertyOptional({
    description: 'The node whose workers are scaled; all nodes with models without it.',
    maxLength: longestNode,
  })
  @IsGivenOrAbsent()
  @IsString({ message: 'a string' })
  @IsNotEmpty()
  @MaxLength(longestNode, { message: `at most ${longestNode} characters long` })
  node?: string;
}

/** As the document tells them in the query. */
export const scaleParameters: readonly ApiQueryOptions[] = [
  ...['min_worker', 'max_worker'].map((name) => ({
    name,
    required: false,
    schema: { anyOf: [{ type: 'integer' }, {}] },
  })),
  { name: 'node', required: false, schema: { type: 'string' } },
];

const ofScaling = ['min_worker', 'max_worker', 'node'] as const;
const ofUpdates = ['sha256', 'create', 'set_default', 'keep', 'watch_seconds', 'max_error_rate'] as const;

/** The workers that a request asks for, and the node whose they are. */
export interface RequestedScaling extends WorkerRange {
  readonly node?: string;
}

/**
 * What a request wants of workers; undefined of an update.
 *
 * @throws TorchweaveError `parameterInvalid` where it wants both, `parameterMissing`.
 */
export function scalingIn(parameters: ChangeWorkflowDto, hasArchive: boolean): RequestedScaling | undefined {
  const parameter = ofScaling.find((name) => parameters[name] !== undefined);
  if (parameter === undefined) return undefined;
  if (hasArchive)
    throw refusedBeside(parameters, parameter, 'url or an archive: a new version has the numbers of its spec');
  const stray = ofUpdates.find((name) => parameters[name] !== undefined);
  if (stray !== undefined) throw refusedBeside(parameters, stray, `${parameter}: scaling makes no new version`);
  const { node, min_worker: least, max_worker: most } = parameters;
  if (least === undefined && most === undefined)
    throw new TorchweaveError('parameterMissing', { parameter: 'min_worker' });
  return { ...workerRangeOf(least, most), ...(node === undefined ? {} : { node }) };
}

const refusedBeside = (
  parameters: ChangeWorkflowDto,
  parameter: (typeof ofScaling)[number] | (typeof ofUpdates)[number],
  what: string,
): TorchweaveError =>
  new TorchweaveError('parameterInvalid', {
    parameter,
    value: String(parameters[parameter]),
    rule: `left out beside ${what}`,
  });
