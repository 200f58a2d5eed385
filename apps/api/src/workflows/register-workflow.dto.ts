import { ApiProperty, ApiPropertyOptional, type ApiQueryOptions } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { longestUrl } from '@torchweave/application';
import { IsBoolean, IsNotEmpty, IsString, Matches, MaxLength, ValidateIf } from 'class-validator';

/** Python's clients write `True`; TorchServe reads it in any case. */
export const asBoolean = ({ value }: { value: unknown }): unknown => {
  const text = typeof value === 'string' ? value.toLowerCase() : value;
  return text === 'true' ? true : text === 'false' ? false : value;
};
const emptyAsMissing = ({ value }: { value: unknown }): unknown => (value === '' ? undefined : value);

/** Unlike `IsOptional`, which lets `null` pass for anything. */
export const IsGivenOrAbsent = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);

/** The parameters of `POST /workflows`, from the query, a JSON body or a form. */
export class RegisterWorkflowDto {
  @ApiProperty({
    description: 'The archive: a file of the workflow store, or an http://, https:// or file:// URL.',
    example: 'digits.war',
    maxLength: longestUrl,
  })
  @IsString({ message: 'a string' })
  @IsNotEmpty()
  @MaxLength(longestUrl, { message: `at most ${longestUrl} characters long` })
  url!: string;

  @ApiPropertyOptional({ description: "The workflow's name; wins over the name in the archive's manifest." })
  @Transform(emptyAsMissing)
  @IsGivenOrAbsent()
  @IsString({ message: 'a string' })
  workflow_name?: string;

  @ApiPropertyOptional({
    description: 'false answers 202 at once with an operation to follow; true waits until the workflow is served.',
    default: true,
  })
  @Transform(asBoolean)
  @IsGivenOrAbsent()
  @IsBoolean({ message: 'true or false' })
  synchronous?: boolean;

  @ApiPropertyOptional({
    description: 'The sha-256 that the archive must have, 64 hexadecimal digits.',
    pattern: '^[0-9a-fA-F]{64}$',
  })
  @IsGivenOrAbsent()
  @Matches(/^[0-9a-fA-F]{64}$/, { message: '64 hexadecimal digits' })
  sha256?: string;
}

/** As the document tells them in the query, where a body wins over them: one that the body replaces is not looked at. */
export const registerParameters: readonly ApiQueryOptions[] = [
  {
    name: 'url',
    required: false,
    description:
      'The archive: a file of the workflow store, or an http://, https:// or file:// URL. Here or in the body.',
    schema: { type: 'string' },
    example: 'digits.war',
  },
  {
    name: 'workflow_name',
    required: false,
    description: "The workflow's name; wins over the name in the archive's manifest.",
    schema: { type: 'string' },
  },
  {
    name: 'synchronous',
    required: false,
    description: 'false answers 202 at once with an operation to follow; true waits until the workflow is served.',
    schema: { anyOf: [{ type: 'boolean' }, {}], default: true },
  },
  {
    name: 'sha256',
    required: false,
    description: 'The sha-256 that the archive must have, 64 hexadecimal digits.',
    schema: { type: 'string' },
  },
];
