import type { InputField, NodeInput } from '@torchweave/domain';
import type { FastifyRequest } from 'fastify';
import { readForm, readQuery } from './read-form.js';
import { readMultipart } from './read-multipart.js';

/** The media type without its parameters, as TorchServe hands it on. */
function mediaTypeOf(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  const end = given.indexOf(';');
  return (end === -1 ? given : given.slice(0, end)).trim().toLowerCase();
}

/**
 * What the first node receives of a body: the fields of a form or of a multipart body, else one field `body`.
 *
 * @param given the `Content-Type`, as it was sent.
 * @throws TorchweaveError `bodyMalformed`.
 */
export function readBody(given: string | undefined, value: Buffer): InputField[] {
  const contentType = mediaTypeOf(given);
  if (contentType === 'multipart/form-data') return readMultipart(given ?? '', value);
  if (contentType === 'application/x-www-form-urlencoded') return readForm(value);
  return [{ name: 'body', value, ...(contentType === undefined ? {} : { contentType }) }];
}

/**
 * What the first node receives (`WorkflowInferenceRequestHandler.parseRequest`): the fields of a form or of a multipart body,
 * else one field `body`; and the query's parameters, which TorchServe's workflows drop and its predictions pass on.
 *
 * @param content the request's body, as it was before any content encoding.
 * @throws TorchweaveError `bodyMalformed` for a broken form or multipart body, `parameterInvalid` for too long a query.
 */
export function readInput(request: FastifyRequest, content: Buffer): NodeInput {
  const body = readBody(request.headers['content-type'], content);
  const question = request.url.indexOf('?');
  if (question === -1) return body;
  const taken = new Set(body.map((field) => field.name));
  const query = readQuery(request.url.slice(question + 1));
  return [...query.filter((field) => !taken.has(field.name)), ...body];
}
