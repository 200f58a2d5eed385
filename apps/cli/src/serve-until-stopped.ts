import type { Logger } from '@torchweave/application';
import type { RunningApp } from '@torchweave/platform';

/** ms that a start that is no longer wanted may take to end by itself. */
const longestStartMs = 1_000;
/** ms that an app may take to finish what is under way. */
const longestFarewellMs = 30_000;

/**
 * Starts an app, says `ready` on stdout and keeps it up until SIGINT or SIGTERM; a second signal ends it at once. A signal that
 * comes during the start ends that: what it has begun goes with this process.
 */
export async function serveUntilStopped(name: string, start: () => Promise<RunningApp>, logger: Logger): Promise<void> {
  const stopped = firstSignal();
  const starting = start();
  const app = await Promise.race([starting, stopped.then(() => undefined)]);
  if (app === undefined) return endStart(starting, logger);
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

async function endStart(starting: Promise<RunningApp>, logger: Logger): Promise<void> {
  logger.info({}, 'stopping before the start has ended');
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, longestStartMs, undefined));
  const app = await Promise.race([starting.catch(() => undefined), late]);
  await Promise.race([app?.close(), late]);
  process.exit(0);
}

/** Resolves at SIGINT or SIGTERM; a second one ends the process at once. Called once in a process. */
export function firstSignal(): Promise<NodeJS.Signals> {
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
