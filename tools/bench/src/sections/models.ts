import { fileURLToPath } from 'node:url';
import { kserveRouterUrl, startKserveRouter } from '../kserve-router.js';
import { ManagedProcess } from '../processes.js';
import { Scope } from '../scope.js';
import { sweep, type Side } from '../sweep.js';
import { sweepResult } from '../sweep-result.js';
import type { Section, SectionContext } from './section.js';

const echoScript = fileURLToPath(new URL('../echo-server.js', import.meta.url));
const clients = [1, 32];
const bodyBytes = 64;
const expected = /^hello$/;
const nobody = (): number[] => [];

interface Echo {
  readonly url: string;
  readonly pids: () => number[];
}

async function startEcho({ system }: SectionContext, scope: Scope): Promise<Echo> {
  await system.stores();
  const logFile = system.path('echo.log');
  const echo = await ManagedProcess.start({ command: process.execPath, args: [echoScript], logFile });
  await scope.add(() => echo.stop('SIGKILL'));
  const [, port] = await echo.untilPrinted(/^ready (\d+)$/m);
  return { url: `http://127.0.0.1:${port}`, pids: () => [echo.pid] };
}

async function ourSide({ system }: SectionContext, echo: Echo, scope: Scope): Promise<Side> {
  const modelServer = { managementUrl: echo.url, inferenceUrl: echo.url };
  const torchweave = await system.startTorchweave('echo', ['api', 'worker', 'gateway'], modelServer);
  await scope.add(() => torchweave.stop());
  await torchweave.register('three.war', 'three');
  const url = torchweave.predictionUrl('three');
  return { name: 'ours', url, engine: () => torchweave.pids(), modelServer: echo.pids, expected };
}

async function routerSide({ system, options }: SectionContext, echo: Echo, scope: Scope): Promise<Side[]> {
  if (options.kserveRouter === undefined) return [];
  const steps = ['first', 'second', 'third'].map((name) => `${echo.url}/predictions/${name}`);
  const router = await startKserveRouter(options.kserveRouter, steps, system.path('router.log'));
  await scope.add(() => router.stop('SIGKILL'));
  const engine = (): number[] => [router.pid];
  return [{ name: 'router', url: kserveRouterUrl, engine, modelServer: echo.pids, expected }];
}

/** What the engine itself costs: three model nodes in a row, where a model takes no time at all. */
export const modelsSection: Section = {
  title: 'Three model nodes in a row on an HTTP echo server',
  run: async (context) => {
    const scope = new Scope();
    try {
      const echo = await startEcho(context, scope);
      const alone = {
        name: 'alone',
        url: `${echo.url}/predictions/first`,
        engine: nobody,
        modelServer: echo.pids,
        expected,
      };
      const sides = [await ourSide(context, echo, scope), ...(await routerSide(context, echo, scope)), alone];
      const { seconds, rounds } = context.options;
      const load = { clients, bodyBytes, seconds, rounds };
      const cells = await sweep(context, { name: 'models', sides: async () => sides, ...load });
      const router =
        context.options.kserveRouter === undefined
          ? "KServe's router was not measured (--kserve-router PATH)."
          : "router is KServe's InferenceGraph router with three Sequence steps on the same echo server, its log in a file.";
      return sweepResult('models', modelsSection.title, cells, ['alone is one call of the echo server.', router]);
    } finally {
      await scope.close();
    }
  },
};
