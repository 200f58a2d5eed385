import type { InputField, NodeInput } from '@torchweave/domain';
import type { FastifyRequest } from 'fastify';
import { parse as parseQuery, type ParsedUrlQuery } from 'node:querystring';
import { readMultipart } from './read-multipart.js';

const empty = Buffer.alloc(0);

/** The media type without its parameters, as TorchServe hands it on. */
function mediaTypeOf(request: FastifyRequest): string | undefined {
  const given = request.headers['content-type'];
  if (given === undefined) return undefined;
  const end = given.indexOf(';');
  return (end === -1 ? given : given.slice(0, end)).trim().toLowerCase();
}

function fieldsOf(values: ParsedUrlQuery): InputField[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const last = Array.isArray(value) ? value.at(-1) : value;
    return last === undefined ? [] : [{ name, value: Buffer.from(last) }];
  });
}

function readBody(request: FastifyRequest): InputField[] {
  const value = Buffer.isBuffer(request.body) ? request.body : empty;
  const contentType = mediaTypeOf(request);
  if (contentType === 'multipart/form-data') return readMultipart(request.headers['content-type'] ?? '', value);
  if (contentType === 'application/x-www-form-urlencoded') return fieldsOf(parseQuery(value.toString('utf8')));
  return [{ name: 'body', value, ...(contentType === undefined ? {} : { contentType }) }];
}

/**
 * What the first node receives (`WorkflowInferenceRequestHandler.parseRequest`): the fields of a form or of a multipart body,
 * else one field `body`; and the query's parameters, which TorchServe's workflows drop and its predictions pass on.
 *
 * @throws TorchweaveError `bodyMalformed` for a broken multipart body.
 */
export function readInput(request: FastifyRequest): NodeInput {
  const body = readBody(request);
  const question = request.url.indexOf('?');
  if (question === -1) return body;
  const taken = new Set(body.map((field) => field.name));
  const query = fieldsOf(parseQuery(request.url.slice(question + 1)));
  return [...query.filter((field) => !taken.has(field.name)), ...body];
}
