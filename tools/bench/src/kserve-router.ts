import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { predict } from './http.js';
import { ManagedProcess } from './processes.js';

/** What cmd/router listens on; it cannot be told another one. */
const port = 8_080;
const attempts = 100;
const pauseMs = 100;

export const kserveRouterUrl = `http://127.0.0.1:${port}/`;

/**
 * Starts KServe's InferenceGraph router with one Sequence of the given steps, each fed by the one before it.
 *
 * Its log goes to a file, as every log here does. It ends by SIGKILL alone: on SIGTERM it sleeps for 30 s.
 *
 * @throws when port 8080 is taken, or it does not answer.
 */
export async function startKserveRouter(
  command: string,
  steps: readonly string[],
  logFile: string,
): Promise<ManagedProcess> {
  if (!(await isFree())) throw new Error(`KServe's router listens on port ${port} alone, and that is taken.`);
  const graph = {
    nodes: {
      root: { routerType: 'Sequence', steps: steps.map((serviceUrl) => ({ serviceUrl, data: '$response' })) },
    },
  };
  const router = await ManagedProcess.start({ command, args: ['--graph-json', JSON.stringify(graph)], logFile });
  for (let attempt = 0; attempt < attempts && !router.hasEnded; attempt++) {
    const answers = await predict(kserveRouterUrl, 'ready?').then(
      () => true,
      () => false,
    );
    if (answers) return router;
    await sleep(pauseMs);
  }
  await router.stop('SIGKILL');
  throw new Error(`${command} does not answer. ${router.output.slice(-1_000)}`);
}

function isFree(): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
