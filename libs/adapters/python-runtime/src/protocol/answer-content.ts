import type { SourcePlace } from '@torchweave/domain';
import { ProtocolError } from './protocol-error.js';

/** Bytes of what comes with a value: content type, headers and status. */
export const mostMetaBytes = 65_536;
const mostHeaders = 64;
/** Characters of all names and values together: what clients and proxies take by default has room for it. */
const mostHeaderText = 8_192;
const mostContentType = 1_024;
/** Characters of a sentence; the Python side cuts it there. */
const mostReason = 2_000;
const mostName = 1_000;

/** What a handler set for its answer. */
export interface AnswerMeta {
  readonly contentType?: string;
  /** Lower-case names; what may not be answered is among them still. */
  readonly headers?: Readonly<Record<string, string>>;
  /** From 200 to 599. */
  readonly status?: number;
}

const failureKinds = ['raised', 'output', 'memory'] as const;

/** Why a handler's call failed, as the process tells it. */
export interface HandlerFailure {
  /** `output`: what it returned is no answer; `memory`: MemoryError or CUDA out of memory; else an exception. */
  readonly kind: (typeof failureKinds)[number];
  /** One sentence, for people. */
  readonly reason: string;
  /** The HTTP status that the exception carries, from 400 to 599. */
  readonly status?: number;
  /** With `status`: the message to answer. */
  readonly message?: string;
  /** Of an exception that the archive's own code has raised. */
  readonly place?: SourcePlace;
}

/** Why a process could not load what it was started for. */
export interface LoadFailure {
  readonly reason: string;
  /** The function that does not load, where it is one function's fault. */
  readonly function: string | null;
  readonly place?: SourcePlace;
}

/**
 * Content type, headers and status, of the checked types and within their bounds, and nothing else of what was sent.
 *
 * @throws ProtocolError
 */
export function readMeta(json: Buffer): AnswerMeta {
  if (json.length > mostMetaBytes) throw new ProtocolError('sent more headers than there may be');
  const { contentType, headers, status } = readObject(json);
  return {
    ...(contentType === undefined ? {} : { contentType: readText(contentType, 'content type', mostContentType) }),
    ...(headers === undefined ? {} : { headers: readHeaders(headers) }),
    ...(status === undefined ? {} : { status: readStatus(status, 200) }),
  };
}

/** @throws ProtocolError */
export function readHandlerFailure(json: Buffer): HandlerFailure {
  const { kind, reason, status, message, place } = readObject(json);
  const known = failureKinds.find((each) => each === kind);
  if (known === undefined) throw new ProtocolError('sent a failure of no known kind');
  const failure = { kind: known, reason: readSentence(reason), ...readPlace(place) };
  return status === undefined
    ? failure
    : { ...failure, status: readStatus(status, 400), message: readSentence(message) };
}

/** @throws ProtocolError */
export function readLoadFailure(json: Buffer): LoadFailure {
  const { reason, function: name, place } = readObject(json);
  return {
    reason: readSentence(reason),
    function: name === null ? null : readText(name, 'function', mostName),
    ...readPlace(place),
  };
}

function readObject(json: Buffer): Readonly<Record<string, unknown>> {
  let content: unknown;
  try {
    content = JSON.parse(json.toString('utf8'));
  } catch {
    throw new ProtocolError('sent what is no JSON');
  }
  if (!isObject(content)) throw new ProtocolError('sent JSON that is no object');
  return content;
}

function readHeaders(given: unknown): Record<string, string> {
  if (!isObject(given)) throw new ProtocolError('sent headers that are no object');
  const entries = Object.entries(given);
  if (entries.length > mostHeaders) throw new ProtocolError(`sent more than ${mostHeaders} headers`);
  // Without a prototype: no name means anything in it.
  const headers = Object.create(null) as Record<string, string>;
  let characters = 0;
  for (const [name, value] of entries) {
    if (typeof value !== 'string') throw new ProtocolError('sent a header that is no text');
    characters += name.length + value.length;
    headers[name.toLowerCase()] = value;
  }
  if (characters > mostHeaderText) throw new ProtocolError(`sent headers of more than ${mostHeaderText} characters`);
  return headers;
}

function readStatus(given: unknown, lowest: number): number {
  if (typeof given === 'number' && Number.isInteger(given) && given >= lowest && given <= 599) return given;
  throw new ProtocolError(`sent a status that is no number from ${lowest} to 599`);
}

function readPlace(given: unknown): { readonly place?: SourcePlace } {
  if (given === undefined) return {};
  if (!isObject(given)) throw new ProtocolError('sent a place that is no object');
  const { file, line, column } = given;
  const place = { file: readText(file, 'file', mostName), line: readPosition(line) };
  return { place: column === undefined ? place : { ...place, column: readPosition(column) } };
}

function readPosition(given: unknown): number {
  if (typeof given === 'number' && Number.isSafeInteger(given) && given > 0) return given;
  throw new ProtocolError('sent a line or column that is no number from 1');
}

function readSentence(given: unknown): string {
  if (typeof given !== 'string') throw new ProtocolError('sent a reason that is no text');
  return given.slice(0, mostReason);
}

function readText(given: unknown, what: string, most: number): string {
  if (typeof given !== 'string') throw new ProtocolError(`sent a ${what} that is no text`);
  if (given.length > most) throw new ProtocolError(`sent a ${what} of more than ${most} characters`);
  return given;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
