import type { Logger } from '@torchweave/application';
import type { RunningApp } from '@torchweave/platform';

/** ms that an app may take to finish what is under way. */
const longestFarewellMs = 30_000;

/**
 * Starts an app, says `ready` on stdout and keeps it up until SIGINT or SIGTERM; a second signal ends it at once.
 */
export async function serveUntilStopped(name: string, start: () => Promise<RunningApp>, logger: Logger): Promise<void> {
  const stopped = firstSignal();
  const app = await start();
  process.stdout.write(`${name} ready${app.summary ? ` ${app.summary}` : app.address ? ` ${app.address}` : ''}\n`);
  const signal = await stopped;
  logger.info({ signal }, 'stopping');
  const giveUp = setTimeout(() => {
    logger.error({ afterMs: longestFarewellMs }, 'what is under way did not end; stopping all the same');
    process.exit(1);
  }, longestFarewellMs);
  await app.close();
  clearTimeout(giveUp);
  logger.info({}, 'stopped');
}

function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (asked) process.exit(1);
        asked = true;
        resolve(signal);
      });
    }
  });
}
