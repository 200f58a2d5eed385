import { createBullBoard } from '@bull-board/api';
import { FastifyAdapter } from '@bull-board/fastify';
import type { BullMqJobQueue } from '@torchweave/bullmq-job-queue';
import { boardPath } from '@torchweave/platform';
import type { FastifyInstance } from 'fastify';
import { keepPagesLocal } from './keep-pages-local.js';
import { ToldQueue } from './told-queue.js';

const descriptions = {
  operations: 'Registrations and unregistrations that clients asked for',
  maintenance: 'Repeating upkeep: model servers, orphans, archives',
};

/**
 * Serves Bull Board below {@link boardPath}: the jobs of every queue with their steps and errors, to look at and, where it is not
 * read-only, to act on.
 */
export function serveQueueBoard(
  fastify: FastifyInstance,
  queues: BullMqJobQueue['queues'],
  { isReadOnly }: { readonly isReadOnly: boolean },
): void {
  const adapter = new FastifyAdapter().setBasePath(boardPath);
  createBullBoard({
    queues: [...queues].map(
      ([name, queue]) => new ToldQueue(queue, { description: descriptions[name], readOnlyMode: isReadOnly }),
    ),
    serverAdapter: adapter,
    options: { uiConfig: { boardTitle: 'Torchweave queues', hideDocsLink: true, hideRedisDetails: true } },
  });
  // Told as every other error of the API; the board's own words would tell where Redis is.
  adapter.setErrorHandler((error) => {
    throw error;
  });
  void fastify.register(
    async (board) => {
      keepPagesLocal(board);
      await board.register(adapter.registerPlugin());
    },
    { prefix: boardPath },
  );
}
