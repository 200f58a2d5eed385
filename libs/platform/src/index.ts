export { listenAddress, type ListenAddress } from './config/listen-address.js';
export { loadSettings, type LoadedSettings, type SettingSources } from './config/load-settings.js';
export { parseProperties } from './config/properties.js';
export { settings, type ModelServerSetting, type Setting, type SettingName, type Settings } from './config/settings.js';
export { createLogger, type LoggerOptions } from './logging/create-logger.js';
export type { AppOptions, RunningApp } from './running-app.js';
export { ErrorAnswers, type ErrorAnswersOptions } from './http/error-answers.js';
export { requestIdOf } from './http/request-id.js';
export { followTorchServe, prettyJson } from './http/torchserve-conventions.js';
