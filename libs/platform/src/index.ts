export { Admission, type AdmissionOptions, type Credentials } from './admission/admission.js';
export { AccessKeys, type AccessKeysOptions, type RenewedKey } from './auth/access-keys.js';
export { assertExposure, isLoopback } from './auth/assert-exposure.js';
export { examineKeyFile, type ExaminedKeyFile } from './auth/examine-key-file.js';
export { knownPaths, type Route } from './routes/route.js';
export { anyMethod, boardPath, inferenceRoutes, managementRoutes, type InferencePath } from './routes/routes.js';
export { isOpenRoute, renewableKeys } from './auth/permission.js';
export { serveKeyRenewal } from './auth/token-route.js';
export { listenAddress, type ListenAddress } from './config/listen-address.js';
export { sharedAddress } from './config/distinct-addresses.js';
export {
  examineSettings,
  loadSettings,
  type ExaminedSettings,
  type LoadedSettings,
  type SettingSources,
} from './config/load-settings.js';
export { sortOtherKeys, type OtherKeys } from './config/other-keys.js';
export { assertEnoughFiles, openFilesLimit, tooFewFiles, type FileUse } from './system/open-files.js';
export { escapeControls } from './text/escape-controls.js';
export { tellableValue } from './text/tellable-value.js';
export { parseProperties } from './config/properties.js';
export type { ModelServerSetting } from './config/settings/model-settings.js';
export type { Setting } from './config/settings/setting.js';
export { settings, type SettingName, type Settings } from './config/settings/settings.js';
export { createLogger, type LoggerOptions } from './logging/create-logger.js';
export type { AppOptions, RunningApp } from './running-app.js';
export { Audit } from './http/audit.js';
export { BodyBudget } from './http/body-budget.js';
export { closeServer } from './http/close-server.js';
export { Cors, type CorsSettings } from './http/cors.js';
export { ErrorAnswers, type ErrorAnswersOptions } from './http/error-answers.js';
export { HttpAdmission, openAdmission, type HttpAdmissionOptions } from './http/http-admission.js';
export { unroutedErrorOf } from './http/unrouted.js';
export { listenOn } from './http/listen.js';
export { OwnHosts, type OwnHostsOptions } from './http/own-hosts.js';
export { requestIdOf } from './http/request-id.js';
export { tlsFor, type TlsCertificate } from './http/tls.js';
export { serverOptions } from './http/server-options.js';
export { decodeBody, isEncoded } from './http/decode-body.js';
export { commonHeaders, followTorchServe, prettyJson } from './http/torchserve-conventions.js';
export { jobBuckets, requestBuckets } from './metrics/buckets.js';
export { observeHttp } from './metrics/http-metrics.js';
export { JobMetrics } from './metrics/job-metrics.js';
export { Monitoring, type ReadinessCheck } from './metrics/monitoring.js';
export { serveMonitoring, type MonitoringServer } from './metrics/serve-monitoring.js';
export { startMonitored } from './metrics/start-monitored.js';
export { observeModelServers, observeProcesses, observeQueues, observeWorkflows } from './metrics/sampled-metrics.js';
export { WorkflowMetrics } from './metrics/workflow-metrics.js';
export type { RequestOutcome } from './metrics/workflow-series.js';
