import type { KeptRequests } from '@torchweave/application';
import type { KeptRequest, KeptRequestsPage } from '@torchweave/dashboard-contract';
import { TorchweaveError } from '@torchweave/domain';
import { pageApiPath } from '@torchweave/platform';
import type { FastifyInstance } from 'fastify';
import { keptQuery, type Parameters } from './queries.js';

/** Serves the predictions that gateways have kept. */
export function serveRequests(fastify: FastifyInstance, requests: Pick<KeptRequests, 'list' | 'find'>): void {
  fastify.get<{ Querystring: Parameters }>(`${pageApiPath}/requests`, async ({ query }): Promise<KeptRequestsPage> => ({
    rows: await requests.list(keptQuery(query)),
  }));
  fastify.get<{ Params: { id: string } }>(
    `${pageApiPath}/requests/:id`,
    async ({ params: { id } }): Promise<KeptRequest> => {
      const found = await requests.find(id);
      if (found === undefined) throw new TorchweaveError('requestNotKept', { requestId: id });
      return found;
    },
  );
}
