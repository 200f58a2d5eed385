export { AccessKeys, type AccessKeysOptions, type RenewedKey } from './auth/access-keys.js';
export { boardPath } from './auth/permission.js';
export { serveKeyRenewal } from './auth/token-route.js';
export { listenAddress, type ListenAddress } from './config/listen-address.js';
export { loadSettings, type LoadedSettings, type SettingSources } from './config/load-settings.js';
export { parseProperties } from './config/properties.js';
export { settings, type ModelServerSetting, type Setting, type SettingName, type Settings } from './config/settings.js';
export { createLogger, type LoggerOptions } from './logging/create-logger.js';
export type { AppOptions, RunningApp } from './running-app.js';
export { closeServer } from './http/close-server.js';
export { ErrorAnswers, type ErrorAnswersOptions } from './http/error-answers.js';
export { Intake, openIntake, type IntakeOptions } from './http/intake.js';
export { unroutedErrorOf, type KnownPaths } from './http/known-paths.js';
export { listenOn } from './http/listen.js';
export { RequestsInFlight } from './http/requests-in-flight.js';
export { requestIdOf } from './http/request-id.js';
export { serverOptions } from './http/server-options.js';
export { decodeBody, isEncoded } from './http/decode-body.js';
export { commonHeaders, followTorchServe, prettyJson } from './http/torchserve-conventions.js';
export { jobBuckets, requestBuckets } from './metrics/buckets.js';
export { observeHttp } from './metrics/http-metrics.js';
export { JobMetrics } from './metrics/job-metrics.js';
export { Monitoring, type ReadinessCheck } from './metrics/monitoring.js';
export { serveMonitoring, type MonitoringServer } from './metrics/serve-monitoring.js';
export { startMonitored } from './metrics/start-monitored.js';
export {
  observeModelServers,
  observeProcesses,
  observeQueues,
  observeWorkflowCount,
} from './metrics/sampled-metrics.js';
export { WorkflowMetrics } from './metrics/workflow-metrics.js';
export type { RequestOutcome } from './metrics/workflow-series.js';
