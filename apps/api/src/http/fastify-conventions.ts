import type { FastifyInstance, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import { parse as parseForm } from 'node:querystring';
import { TorchweaveError } from '@torchweave/domain';

const requestIdPattern = /^[\w.:-]{1,128}$/;

/** The client's `x-request-id` where it is one that cannot break a log line, else a new one. */
export function requestIdOf(headers: Readonly<Record<string, string | string[] | undefined>>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && requestIdPattern.test(given) ? given : randomUUID();
}

/** TorchServe's headers and JSON style (`NettyUtils.sendHttpResponse`, `GSON_PRETTY`). */
export function followTorchServe(fastify: FastifyInstance): void {
  fastify.setReplySerializer((payload) => `${JSON.stringify(payload, null, 2)}\n`);
  fastify.addHook('onSend', (request, reply, payload, done) => {
    void reply.headers({
      'x-request-id': request.id,
      pragma: 'no-cache',
      'cache-control': 'no-cache; no-store, must-revalidate, private',
      expires: 'Thu, 01 Jan 1970 00:00:00 UTC',
    });
    done(null, payload);
  });
}

function parseJson(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TorchweaveError('bodyMalformed', { reason: (error as SyntaxError).message }, { cause: error });
  }
}

/** The parameters of a body: JSON and forms are read, any other type is ignored as TorchServe ignores it. */
export function readParameterBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  const read = (parse: (text: string) => unknown) => (_: FastifyRequest, body: string) =>
    Promise.resolve().then(() => parse(body));
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, read(parseJson));
  fastify.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    read((text) => ({ ...parseForm(text) })),
  );
  fastify.addContentTypeParser(
    '*',
    { parseAs: 'string' },
    read(() => ({})),
  );
  fastify.addHook('preValidation', (request, _reply, done) => {
    if (request.method === 'POST') request.body = { ...(request.query as object), ...parametersOf(request.body) };
    done();
  });
}

function parametersOf(body: unknown): object {
  if (body === undefined || body === null) return {};
  if (typeof body === 'object' && !Array.isArray(body)) return body;
  throw new TorchweaveError('bodyMalformed', { reason: 'it is not a JSON object' });
}
