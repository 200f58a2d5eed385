import { longestTry, type GatewayRegistry, type GatewayTries, type Tried, type Try } from '@torchweave/application';
import type { KeptBody, TriedAnswer } from '@torchweave/dashboard-contract';
import { TorchweaveError } from '@torchweave/domain';
import { Admission, pageApiPath } from '@torchweave/platform';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { versionQuery, type Parameters } from './queries.js';

/** Requests that are on their way by one api: each is held several times, as it was sent and as it goes over Redis. */
const mostAtOnce = 8;
/** bytes of an answer that the page is told. */
const longestShown = 256 * 1024;

export interface TryOptions {
  readonly tries: Pick<GatewayTries, 'send'>;
  readonly gateways: Pick<GatewayRegistry, 'serving'>;
}

/** Serves the page's Try: a prediction that one of the gateways answers, and whose waterfall is kept. */
export function serveTry(fastify: FastifyInstance, { tries, gateways }: TryOptions): void {
  const gatewayIds = async (): Promise<string[]> =>
    shuffled((await gateways.serving()).map(({ gatewayId }) => gatewayId));
  const admission = new Admission<Try>({ what: 'requests that are tried', limit: mostAtOnce });
  const send = async (order: Try, signal: AbortSignal): Promise<Tried> => {
    if (!admission.count(order)) throw admission.excess;
    try {
      return await tries.send(await gatewayIds(), order, signal);
    } finally {
      admission.release(order);
    }
  };
  // In a part of its own: a body is what is sent, whatever its type.
  void fastify.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: longestTry }, (_request, body, parsed) =>
      parsed(null, body),
    );
    scope.post<{ Params: { workflow: string }; Querystring: Parameters }>(
      `${pageApiPath}/try/:workflow`,
      async ({ params: { workflow }, query, headers, body, id: requestId }, reply): Promise<TriedAnswer> => {
        const contentType = headers['content-type'];
        const order = {
          ...{ requestId, workflow, body: Buffer.isBuffer(body) ? body : Buffer.alloc(0) },
          ...versionQuery(query),
          ...(contentType === undefined ? {} : { contentType }),
        };
        const tried = await send(order, endOf(reply));
        return { ...answerOf(tried), requestId };
      },
    );
    done();
  });
}

/** Aborted when nobody waits any more. */
function endOf({ raw }: FastifyReply): AbortSignal {
  const end = new AbortController();
  raw.once('close', () => end.abort(new TorchweaveError('clientGone', {})));
  return end.signal;
}

const answerOf = ({ status, headers, body, size, durationMs }: Tried): Omit<TriedAnswer, 'requestId'> => ({
  ...{ status, headers, durationMs },
  body: bodyOf(body, size, headers['content-type']),
});

function bodyOf(body: Uint8Array, size: number, contentType: string | undefined): KeptBody {
  const shown = Buffer.from(body.subarray(0, longestShown));
  const text = textOf(shown);
  return {
    ...(contentType === undefined ? {} : { contentType }),
    ...{ size, cut: size > shown.length },
    ...(text === undefined ? { base64: shown.toString('base64') } : { text }),
  };
}

/** Undefined for what is no UTF-8; of a character that is cut in two the rest is left out. */
function textOf(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: bytes.length === longestShown });
  } catch {
    return undefined;
  }
}

function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => [Math.random(), value] as const)
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value);
}
