import { pageApiPath } from '@torchweave/platform';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ServerResponse } from 'node:http';
import type { EventStreams } from './event-streams.js';
import { topicsOf, type Parameters } from './queries.js';

export interface EventOptions {
  readonly streams: EventStreams;
  /** Takes an answer out of those that have to be received in time. */
  readonly spare: (answer: ServerResponse) => void;
}

/** Serves the event stream of the page: what it shows, as it changes. */
export function serveEvents(fastify: FastifyInstance, { streams, spare }: EventOptions): void {
  fastify.get<{ Querystring: Parameters }>(`${pageApiPath}/events`, async (request, reply): Promise<FastifyReply> => {
    const topics = topicsOf(request.query);
    streams.assertRoom();
    const { raw } = reply;
    spare(raw);
    // Past the reply: what all answers are sent with would forbid to stream, and ends them.
    reply.hijack();
    raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-request-id': request.id,
    });
    raw.write('retry: 2000\n\n');
    await streams.open(raw, topics);
    return reply;
  });
}
