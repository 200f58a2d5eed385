export { findTorchServe, type MissingTorchServe, type TorchServeInstallation } from './installation.js';
export type { TorchServeKeys } from './keys.js';
export type { TorchServeOptions } from './options.js';
export type { TorchServePorts } from './ports.js';
export { startTorchServe, TorchServeStartError, type TorchServeProcess } from './start.js';
