export { Admission, type AdmissionOptions, type Credentials } from './admission/admission.js';
/** @internal For tests of other packages. */
export { AccessKeys, type AccessKeysOptions, type RenewedKey } from './auth/access-keys.js';
export { assertExposure, isLoopback, reachedAt } from './auth/assert-exposure.js';
export { examineKeyFile, type ExaminedKeyFile } from './auth/examine-key-file.js';
export type { Route } from './routes/route.js';
export {
  anyMethod,
  boardPath,
  inferenceRoutes,
  managementRoutes,
  pageApiPath,
  pagePath,
  pagePlaces,
  sessionPath,
  type InferencePath,
} from './routes/routes.js';
export { isOpenRoute, renewableKeys } from './auth/permission.js';
export { serveKeyRenewal } from './auth/token-route.js';
export { PageSessions, sessionCookie, sessionTokenIn, type SignedIn } from './auth/page-sessions.js';
export { readPage, type PageFile, type PageFiles } from './page/page-files.js';
export { SignInLimit } from './auth/sign-in-limit.js';
export { listenAddress, type ListenAddress } from './config/listen-address.js';
export { sharedAddress } from './config/distinct-addresses.js';
export {
  examineSettings,
  loadSettings,
  type ExaminedSettings,
  type LoadedSettings,
  type SettingSources,
} from './config/load-settings.js';
export type { OtherKeys } from './config/other-keys.js';
export { assertEnoughFiles, openFilesLimit, tooFewFiles, type FileUse } from './system/open-files.js';
export { escapeControls, jsonEscape, replaceControls } from './text/escape-controls.js';
export { tellableValue } from './text/tellable-value.js';
export type { ModelServerSetting } from './config/settings/model-settings.js';
export type { Setting } from './config/settings/setting.js';
export { settings, type SettingName, type Settings } from './config/settings/settings.js';
export { createLogger, type LoggerOptions } from './logging/create-logger.js';
export type { AppOptions, RunningApp } from './running-app.js';
export { closeServer } from './http/close-server.js';
export { ErrorAnswers, type ErrorAnswersOptions } from './http/error-answers.js';
export { HttpAdmission, openAdmission, type HttpAdmissionOptions } from './http/http-admission.js';
export { unroutedErrorOf } from './http/unrouted.js';
export { noteTrace } from './http/trace-ids.js';
export { listenOn } from './http/listen.js';
export { tlsFor, type TlsCertificate } from './http/tls.js';
export { serverOptions } from './http/server-options.js';
export { decodeBody, isEncoded } from './http/decode-body.js';
export { commonHeaders, followTorchServe } from './http/torchserve-conventions.js';
export { observeHttp } from './metrics/http-metrics.js';
export { JobMetrics } from './metrics/job-metrics.js';
export { Monitoring, type ReadinessCheck } from './metrics/monitoring.js';
export { startMonitored } from './metrics/start-monitored.js';
export { observeModelServers, observeProcesses, observeQueues, observeWorkflows } from './metrics/sampled-metrics.js';
export { observeKeptRequests } from './metrics/kept-requests-metrics.js';
export { LiveFigures } from './metrics/live-figures.js';
export { WorkflowMetrics } from './metrics/workflow-metrics.js';
