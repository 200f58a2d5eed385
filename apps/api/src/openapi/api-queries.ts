import { applyDecorators } from '@nestjs/common';
import { ApiQuery, type ApiQueryOptions } from '@nestjs/swagger';

/** Documents several parameters of the query. */
export const ApiQueries = (parameters: readonly ApiQueryOptions[]): MethodDecorator =>
  applyDecorators(...parameters.map((parameter) => ApiQuery(parameter)));
