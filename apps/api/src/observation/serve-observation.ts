import type { Observation, WorkflowManagement } from '@torchweave/application';
import type {
  OperationRow,
  OperationsPage,
  Overview,
  WorkflowsPage,
  WorkflowView,
} from '@torchweave/dashboard-contract';
import { pageApiPath } from '@torchweave/platform';
import type { FastifyInstance } from 'fastify';
import { operationQuery, tableQuery, type Parameters } from './queries.js';
import { operationRow, workflowRow } from './rows.js';
import type { Told } from './tell.js';

export interface ObservationOptions {
  readonly observation: Observation;
  readonly management: Pick<WorkflowManagement, 'retry'>;
  readonly told: Told;
}

/** Serves what the operator's page reads, and the one act of it that the management API has not. */
export function serveObservation(
  fastify: FastifyInstance,
  { observation, management, told }: ObservationOptions,
): void {
  fastify.get(`${pageApiPath}/overview`, (): Promise<Overview> => told.overview());
  fastify.get<{ Querystring: Parameters }>(`${pageApiPath}/workflows`, async ({ query }): Promise<WorkflowsPage> => {
    const { rows, ...page } = await observation.workflows(tableQuery(query));
    return { at: new Date().toISOString(), ...page, rows: rows.map(workflowRow) };
  });
  fastify.get<{ Params: { name: string } }>(
    `${pageApiPath}/workflows/:name`,
    ({ params: { name } }): Promise<WorkflowView> => told.workflow(name),
  );
  fastify.get<{ Querystring: Parameters }>(`${pageApiPath}/operations`, async ({ query }): Promise<OperationsPage> => {
    const { total, rows } = await observation.operations(operationQuery(query));
    return { total, rows: rows.map(operationRow) };
  });
  fastify.post<{ Params: { id: string } }>(
    `${pageApiPath}/operations/:id/retry`,
    async ({ params: { id } }, reply): Promise<OperationRow> => {
      const operation = await management.retry(id);
      void reply.header('operation-id', operation.id);
      return operationRow(operation);
    },
  );
}
