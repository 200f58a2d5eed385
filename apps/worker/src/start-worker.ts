import {
  ChangeVersions,
  noRacePoints,
  observeJobs,
  ObserveModels,
  ReconcileModelServers,
  RegisterWorkflow,
  ScaleWorkers,
  UnregisterWorkflow,
  type JobHandlers,
  type RacePoints,
} from '@torchweave/application';
import { BullMqJobQueue, BullMqJobWorker } from '@torchweave/bullmq-job-queue';
import type { Parts } from '@torchweave/composition';
import { JobMetrics, type AppOptions, type RunningApp } from '@torchweave/platform';
import { RedisConnection, RedisGatewayRegistry, RedisWorkflowState } from '@torchweave/redis-workflow-state';
import { RedisGatewayProbes } from '@torchweave/redis-workflow-state';
import { RedisModelReports, RedisWorkflowScaling, RedisWorkflowVersions } from '@torchweave/redis-workflow-state';
import { loadAtStart } from './load-at-start.js';

/** ms. */
const longestRestoreMs = 60_000;

/**
 * Starts a worker: takes registration jobs up and keeps the model servers as the state says.
 *
 * @param racePoints of tests of crash safety: no setting leads here.
 * @throws TorchweaveError `redisUnusable` when Redis does not answer.
 */
export async function startWorker(
  options: AppOptions,
  parts: Parts,
  racePoints: RacePoints = noRacePoints,
): Promise<RunningApp> {
  const { settings, redis: link, logger, monitoring, tracing } = options;
  const { namespace } = settings;
  const redis = new RedisConnection(link, logger);
  await redis.open();
  await parts.start();
  const jobs = await BullMqJobQueue.open({ redis: link, namespace, logger });
  const ports = {
    ...parts,
    state: new RedisWorkflowState(redis, namespace),
    versions: new RedisWorkflowVersions(redis, namespace),
    reports: new RedisModelReports(redis, namespace),
    scaling: new RedisWorkflowScaling(redis, namespace),
    gateways: new RedisGatewayRegistry(redis, namespace, settings.gatewayLeaseMs),
    probes: new RedisGatewayProbes(redis, namespace),
    jobs,
    logger,
    responseTimeoutMs: settings.defaultResponseTimeout * 1_000,
    racePoints,
  };
  const register = new RegisterWorkflow(ports);
  const unregister = new UnregisterWorkflow(ports);
  const changes = new ChangeVersions(ports);
  const scale = new ScaleWorkers(ports);
  const observed = new ObserveModels(ports);
  const reported = async <T extends { readonly workflow: string }>(done: Promise<T>): Promise<T> => {
    const result = await done;
    await observed.lookAt(result.workflow);
    return result;
  };
  const reconcile = new ReconcileModelServers(ports);
  const handlers: JobHandlers = {
    'register-workflow': (payload, job) => reported(register.execute(payload, job)),
    'unregister-workflow': (payload, job) => unregister.execute(payload, job),
    'register-version': (payload, job) => reported(changes.update(payload, job)),
    'set-default-version': (payload, job) => reported(changes.setDefault(payload, job)),
    'direct-traffic': (payload, job) => changes.direct(payload, job),
    'unregister-version': (payload, job) => changes.unregister(payload, job),
    'scale-workers': (payload, job) => reported(scale.execute(payload, job)),
    'reconcile-model-servers': (_, job) => reconcile.execute(job),
  };
  if (parts.hasModelServerInside) {
    // It begins empty: its models are there again before the first request.
    await reconcile.restoreModels(AbortSignal.timeout(longestRestoreMs));
  }
  const { jobConcurrency: concurrency, jobLockMs: lockMs } = settings;
  const worker = new BullMqJobWorker(
    {
      ...{ redis: link, namespace, logger, concurrency, lockMs },
      telemetry: observeJobs(new JobMetrics(monitoring.registry), tracing?.jobs),
    },
    handlers,
  );
  monitoring.addReadiness('worker', () =>
    Promise.all([ports.state.page(0, 1), ports.state.probeWrites(), parts.functions.start()]),
  );
  monitoring.addWarning('jobs', () => {
    const count = worker.jobsOfNewerVersions;
    return count === 0 ? undefined : `${count} operations of a newer version wait for a worker of that version`;
  });
  await worker.start();
  await loadAtStart(settings, ports.state, jobs, logger);
  logger.info({ concurrency }, 'worker is ready');
  return {
    close: async () => {
      await worker.close();
      await jobs.close();
      redis.close();
    },
  };
}
