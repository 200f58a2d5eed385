import type { Logger, Tried, Try } from '@torchweave/application';
import { toTorchweaveError, type TorchweaveError } from '@torchweave/domain';
import { Admission, type HttpAdmission } from '@torchweave/platform';
import type { FastifyInstance } from 'fastify';
import inject, { type DispatchFunc } from 'light-my-request';

/** Requests of operators that a gateway answers at once. */
const mostAtOnce = 4;

/** Answers what an operator tries as any other prediction is answered: by the same routes and limits, observed as those are. */
export class TriedRequests {
  private readonly underWay = new Admission<Try>({ what: 'requests from the page', limit: mostAtOnce });
  private readonly dispatch: DispatchFunc;

  constructor(
    server: Pick<FastifyInstance, 'routing'>,
    admission: Pick<HttpAdmission, 'vouch'>,
    private readonly logger: Logger,
  ) {
    this.dispatch = (request, response) => {
      // Whoever asks has been let in by the api.
      admission.vouch(request);
      // Within the process an answer has been received when it has ended: no connection could lose it.
      Object.defineProperty(response, 'writableFinished', { get: () => response.writableEnded });
      server.routing(request, response);
    };
  }

  /** Never rejects: an error is an answer. */
  async answer(order: Try): Promise<Tried> {
    const startedAt = performance.now();
    if (!this.underWay.count(order)) return refused(this.underWay.excess);
    try {
      const { statusCode, headers, rawPayload } = await inject(this.dispatch, requestOf(order));
      const told = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
        value === undefined ? [] : [[name, String(value)]],
      );
      return {
        ...{ status: statusCode, headers: Object.fromEntries(told), body: rawPayload, size: rawPayload.length },
        durationMs: performance.now() - startedAt,
      };
    } catch (error) {
      this.logger.error({ err: error }, 'a request from the page could not be answered');
      return refused(toTorchweaveError(error));
    } finally {
      this.underWay.release(order);
    }
  }
}

const requestOf = ({ requestId, workflow, version, contentType, body }: Try) => ({
  method: 'POST' as const,
  url: `/wfpredict/${encodeURIComponent(workflow)}${version === undefined ? '' : `/${version}`}`,
  headers: {
    ...{ 'x-request-id': requestId, 'x-torchweave-keep': '1' },
    ...(contentType === undefined ? {} : { 'content-type': contentType }),
  },
  payload: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
});

function refused(error: TorchweaveError): Tried {
  const body = Buffer.from(JSON.stringify(error.toBody()));
  return {
    status: error.status,
    headers: { 'content-type': 'application/json' },
    body,
    size: body.length,
    durationMs: 0,
  };
}
