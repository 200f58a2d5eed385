import { jsonFault, TorchweaveError } from '@torchweave/domain';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parse as parseForm } from 'node:querystring';
import { refuseCutUrl } from './refuse-cut-url.js';

/** Levels of JSON; parameters have one, a job on the board a few. */
const mostLevels = 32;

function parseJson(text: string): unknown {
  if (text.trim() === '') return {};
  const value = parsed(text);
  // What validates, copies or tells it calls itself for every level.
  if (nests(value, mostLevels)) {
    throw new TorchweaveError('bodyMalformed', { reason: `it nests more than ${mostLevels} levels deep` });
  }
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TorchweaveError('bodyMalformed', { reason: jsonFault(text) }, { cause: error });
  }
}

/** Whether objects and arrays stand within one another on more levels. */
const nests = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inner) => nests(inner, levels - 1)));

/** The parameters of a body: JSON and forms are read, any other type is ignored as TorchServe ignores it. */
export function readParameterBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  const read = (parse: (text: string) => unknown) => (_: FastifyRequest, body: string) =>
    Promise.resolve().then(() => parse(body));
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, read(parseJson));
  fastify.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    read((text) => {
      const form = { ...parseForm(text) };
      refuseCutUrl(form);
      return form;
    }),
  );
  fastify.addContentTypeParser(
    '*',
    { parseAs: 'string' },
    read(() => ({})),
  );
  fastify.addHook('preValidation', (request, _reply, done) => {
    // Bytes are for a route that has asked for them.
    if (!Buffer.isBuffer(request.body) && (request.method === 'POST' || request.method === 'PUT')) {
      refuseCutUrl(request.query as Record<string, unknown>);
      request.body = { ...(request.query as object), ...parametersOf(request.body) };
    }
    done();
  });
}

function parametersOf(body: unknown): object {
  if (body === undefined || body === null) return {};
  if (typeof body === 'object' && !Array.isArray(body)) return body;
  throw new TorchweaveError('bodyMalformed', { reason: 'it is not a JSON object' });
}
