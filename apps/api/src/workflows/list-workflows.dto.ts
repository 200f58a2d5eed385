import { ApiHideProperty, type ApiQueryOptions } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt } from 'class-validator';

const largestInt = 2_147_483_647;

/** As TorchServe's `NettyUtils.getIntParameter`: what is not a Java int counts as not given. */
function intOr(fallback: number) {
  return ({ value }: { value: unknown }): number => {
    const text: unknown = Array.isArray(value) ? value[0] : value;
    if (typeof text !== 'string' || !/^[+-]?\d{1,10}$/.test(text)) return fallback;
    return Math.abs(Number(text)) > largestInt ? fallback : Number(text);
  };
}

/** The parameters of `GET /workflows`. */
export class ListWorkflowsDto {
  @ApiHideProperty()
  @Transform(intOr(100))
  @IsInt()
  limit: number = 100;

  @ApiHideProperty()
  @Transform(intOr(0))
  @IsInt()
  next_page_token: number = 0;
}

/** As the document tells them: an integer is meant, and nothing is refused. */
export const listParameters: readonly [ApiQueryOptions, ApiQueryOptions] = [
  {
    name: 'limit',
    required: false,
    description: 'Workflows on a page, 1 to 100; anything else means 100.',
    schema: { anyOf: [{ type: 'integer' }, {}], default: 100 },
  },
  {
    name: 'next_page_token',
    required: false,
    description: 'The nextPageToken of the page before; anything else means 0.',
    schema: { anyOf: [{ type: 'integer' }, {}], default: 0 },
  },
];
