import { ApiPropertyOptional, PickType, type ApiQueryOptions } from '@nestjs/swagger';
import { longestUrl, longestWatchMs, mostKept } from '@torchweave/application';
import { Transform } from 'class-transformer';
import { IsBoolean, IsNotEmpty, IsNumber, IsObject, IsString, Max, MaxLength, Min } from 'class-validator';
import { applyDecorators } from '@nestjs/common';
import { asBoolean, IsGivenOrAbsent, RegisterWorkflowDto } from './register-workflow.dto.js';

const asNumber = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' && /^\d{1,9}(\.\d{1,6})?$/.test(value) ? Number(value) : value;

/** A number of the query between two bounds. */
export function IsBounded(min: number, max: number, isWhole: boolean): PropertyDecorator {
  const message = `a ${isWhole ? 'whole ' : ''}number from ${min} to ${max}`;
  return applyDecorators(
    Transform(asNumber),
    IsGivenOrAbsent(),
    IsNumber({ maxDecimalPlaces: isWhole ? 0 : 6 }, { message }),
    Min(min, { message }),
    Max(max, { message }),
  );
}

const mostWatchSeconds = longestWatchMs / 1_000;

/** The parameters of `PUT /workflows/{name}`. */
export class UpdateWorkflowDto extends PickType(RegisterWorkflowDto, ['sha256', 'synchronous'] as const) {
  @ApiPropertyOptional({
    description: 'The archive: a file of the workflow store, or an http://, https:// or file:// URL.',
    maxLength: longestUrl,
  })
  @IsGivenOrAbsent()
  @IsString({ message: 'a string' })
  @IsNotEmpty()
  @MaxLength(longestUrl, { message: `at most ${longestUrl} characters long` })
  url?: string;

  @ApiPropertyOptional({ description: 'true registers a workflow that is not there.', default: false })
  @Transform(asBoolean)
  @IsGivenOrAbsent()
  @IsBoolean({ message: 'true or false' })
  create?: boolean;

  @ApiPropertyOptional({
    description:
      'false leaves the active version as it is: the new one answers by its number, or by its share of the traffic.',
    default: true,
  })
  @Transform(asBoolean)
  @IsGivenOrAbsent()
  @IsBoolean({ message: 'true or false' })
  set_default?: boolean;

  @ApiPropertyOptional({
    description: 'Versions that were active and stay ready for ten minutes.',
    default: 1,
    minimum: 0,
    maximum: mostKept,
  })
  @IsBounded(0, mostKept, true)
  keep?: number;

  @ApiPropertyOptional({
    description:
      'Seconds for which the operation goes on and takes the new version back when too many predictions fail.',
    default: 0,
    minimum: 0,
    maximum: mostWatchSeconds,
  })
  @IsBounded(0, mostWatchSeconds, true)
  watch_seconds?: number;

  @ApiPropertyOptional({
    description: 'Share of the predictions that may fail by the fault of the server while it is watched.',
    default: 0,
    minimum: 0,
    maximum: 1,
  })
  @IsBounded(0, 1, false)
  max_error_rate?: number;
}

/** The parameters of `PUT /workflows/{name}/{version}/set-default`. */
export class SetDefaultDto extends PickType(UpdateWorkflowDto, ['synchronous', 'keep'] as const) {}

/** The body of `PUT /workflows/{name}/traffic`. */
export class TrafficDto extends PickType(RegisterWorkflowDto, ['synchronous'] as const) {
  @ApiPropertyOptional({
    description:
      'Version to its share of the requests in per cent; together 100. Without it, and with `shadow`, the active one answers all.',
    example: { 1: 90, 2: 10 },
    type: 'object',
    additionalProperties: { type: 'number' },
  })
  @IsGivenOrAbsent()
  @IsObject({ message: 'an object of version to per cent' })
  weights?: Record<string, number>;

  @ApiPropertyOptional({
    description:
      'Version to the share in per cent of the requests of which it gets a copy, at most four; what it answers is dropped, and no client waits for it.',
    example: { 3: 20 },
    type: 'object',
    additionalProperties: { type: 'integer' },
  })
  @IsGivenOrAbsent()
  @IsObject({ message: 'an object of version to per cent' })
  shadow?: Record<string, number>;

  @ApiPropertyOptional({
    description: 'true compares what copies are answered with what clients are: status, digest of the body, time.',
    default: false,
  })
  @IsGivenOrAbsent()
  @IsBoolean({ message: 'true or false' })
  compare?: boolean;

  @ApiPropertyOptional({
    description: 'A header: requests with the same value of it go to the same version.',
    example: 'x-user',
  })
  @IsGivenOrAbsent()
  @IsString({ message: 'the name of a header' })
  @MaxLength(64, { message: 'at most 64 characters long' })
  sticky?: string;
}

/** As the document tells them in the query, where a body wins over them: one that the body replaces is not looked at. */
export const updateParameters: readonly ApiQueryOptions[] = [
  { name: 'url', required: false, description: 'The archive. Here or in the body.', schema: { type: 'string' } },
  {
    name: 'sha256',
    required: false,
    description: 'The sha-256 that the archive must have.',
    schema: { type: 'string' },
  },
  ...['create', 'set_default', 'synchronous'].map((name) => ({
    name,
    required: false,
    schema: { anyOf: [{ type: 'boolean' }, {}] },
  })),
  ...['keep', 'watch_seconds', 'max_error_rate'].map((name) => ({
    name,
    required: false,
    schema: { anyOf: [{ type: 'number' }, {}] },
  })),
];
