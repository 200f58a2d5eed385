// A worker that stands still at the race point that its first argument names, until it is killed. Its other arguments are flags of
// the worker, each with a value.
import { createParts, startTraced } from '@torchweave/composition';
import { createLogger, loadSettings, settings as known, startMonitored } from '@torchweave/platform';
import { RedisLink } from '@torchweave/redis-client';
import { startWorker } from '@torchweave/worker';

const [racePoint, ...args] = process.argv.slice(2);
const given = new Map(Array.from({ length: args.length / 2 }, (_, i) => [args[2 * i].slice(2), args[2 * i + 1]]));
const isList = (name) => known[name].isList === true;
const flags = Object.keys(known)
  .filter((name) => given.has(known[name].flag))
  .map((name) => [name, isList(name) ? [given.get(known[name].flag)] : given.get(known[name].flag)]);

const { env: environment } = process;
const { settings } = loadSettings({
  flags: Object.fromEntries(flags),
  environment,
  tsConfig: given.get('ts-config'),
});
const logger = createLogger({ app: 'worker', level: settings.logLevel, format: settings.logFormat });
const racePoints = {
  reach: (reached) => {
    if (reached !== racePoint) return Promise.resolve();
    logger.warn({ racePoint }, 'race point reached');
    return new Promise(() => undefined);
  },
};
const redis = new RedisLink(settings.redisUrl, logger, settings.namespace);
const parts = createParts({ settings, environment, logger, isOneProcess: false });
await startTraced('torchweave-worker', { settings, logger }, (tracing) =>
  startMonitored('worker', { settings, logger }, (monitoring) =>
    startWorker({ settings, redis, logger, monitoring, tracing }, parts, racePoints),
  ),
);
process.stdout.write('worker ready\n');
