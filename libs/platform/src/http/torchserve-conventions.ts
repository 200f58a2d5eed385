import type { FastifyInstance } from 'fastify';

/** The headers of every answer of TorchServe (`NettyUtils.sendHttpResponse`). */
export const commonHeaders = {
  pragma: 'no-cache',
  'cache-control': 'no-cache; no-store, must-revalidate, private',
  expires: 'Thu, 01 Jan 1970 00:00:00 UTC',
};

/** JSON as TorchServe's `GSON_PRETTY` writes it. */
export const prettyJson = (payload: unknown): string => `${JSON.stringify(payload, null, 2)}\n`;

/** Gives every answer TorchServe's headers and JSON style. */
export function followTorchServe(fastify: FastifyInstance): void {
  fastify.setReplySerializer(prettyJson);
  fastify.addHook('onSend', (request, reply, payload, done) => {
    void reply.headers(commonHeaders).header('x-request-id', request.id);
    done(null, payload);
  });
}
