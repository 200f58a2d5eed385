import {
  auditKinds,
  conditionStates,
  type AuditKind,
  type KeptQuery,
  type OperationQuery,
  type TableQuery,
} from '@torchweave/application';
import { shorten, TorchweaveError } from '@torchweave/domain';
import type { Topics } from './event-viewer.js';

/** The parameters of a query, as Fastify tells them. */
export type Parameters = Readonly<Record<string, unknown>>;

/** Rows of one answer. */
const mostRows = 200;
const defaultRows = 50;
/** Characters of a name that is searched for. */
const longestSearch = 256;

const phases = ['waiting', 'running', 'succeeded', 'failed'] as const;
const outcomes = ['ok', 'client_error', 'failed', 'cancelled'] as const;
/** As the page names them. */
const sorts = ['name', 'state', 'rps', 'errors', 'p99', 'age'] as const;
const orders = ['asc', 'desc'] as const;

function invalid(parameter: string, value: unknown, rule: string): never {
  const text = typeof value === 'string' ? shorten(value, longestSearch) : 'a list';
  throw new TorchweaveError('parameterInvalid', { parameter, value: text, rule });
}

function textOf(parameters: Parameters, name: string): string | undefined {
  const value = parameters[name];
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string' || value.length > longestSearch)
    return invalid(name, value, `at most ${longestSearch} characters, once`);
  return value;
}

function oneOf<T extends string>(parameters: Parameters, name: string, words: readonly T[]): T | undefined {
  const value = textOf(parameters, name);
  if (value === undefined) return undefined;
  return words.find((word) => word === value) ?? invalid(name, value, words.join(', '));
}

function countOf(parameters: Parameters, name: string, fallback: number, most: number): number {
  const value = textOf(parameters, name);
  if (value === undefined) return fallback;
  const count = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  return count <= most ? count : invalid(name, value, `a whole number from 0 to ${most}`);
}

const pageIn = (parameters: Parameters): { readonly offset: number; readonly limit: number } => ({
  offset: countOf(parameters, 'offset', 0, 999_999_999),
  limit: countOf(parameters, 'limit', defaultRows, mostRows),
});

/** The version that is asked for; empty where none is. @throws TorchweaveError `parameterInvalid`. */
export function versionQuery(parameters: Parameters): { readonly version?: number } {
  const value = textOf(parameters, 'version');
  if (value === undefined) return {};
  return /^[1-9]\d{0,8}$/.test(value)
    ? { version: Number(value) }
    : invalid('version', value, 'the number of a version');
}

/** @throws TorchweaveError `parameterInvalid`. */
export const tableQuery = (parameters: Parameters): TableQuery => ({
  search: textOf(parameters, 'search'),
  state: oneOf(parameters, 'state', conditionStates),
  sort: oneOf(parameters, 'sort', sorts) ?? 'name',
  isDescending: oneOf(parameters, 'order', orders) === 'desc',
  ...pageIn(parameters),
});

/**
 * What a stream is to tell: `overview` and `operations` where they are named, whatever their values; both where nothing is.
 *
 * @throws TorchweaveError `parameterInvalid`.
 */
export function topicsOf(parameters: Parameters): Topics {
  const workflow = textOf(parameters, 'workflow');
  const [overview, operations] = ['overview' in parameters, 'operations' in parameters];
  const isNothing = workflow === undefined && !overview && !operations;
  return { overview: overview || isNothing, operations: operations || isNothing, workflow };
}

/** @throws TorchweaveError `parameterInvalid`. */
export const operationQuery = (parameters: Parameters): OperationQuery => ({
  workflow: textOf(parameters, 'workflow'),
  state: oneOf(parameters, 'state', phases),
  ...pageIn(parameters),
});

/** @throws TorchweaveError `parameterInvalid`. */
export const auditQuery = (parameters: Parameters): { readonly kind: AuditKind; offset: number; limit: number } => ({
  kind: oneOf(parameters, 'kind', auditKinds) ?? 'change',
  ...pageIn(parameters),
});

/** @throws TorchweaveError `parameterInvalid`. */
export const keptQuery = (parameters: Parameters): KeptQuery => ({
  workflow: textOf(parameters, 'workflow'),
  outcome: oneOf(parameters, 'outcome', outcomes),
  search: textOf(parameters, 'search'),
  limit: countOf(parameters, 'limit', defaultRows, mostRows),
});
