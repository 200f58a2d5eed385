export type { KeySource } from './keys.js';
export { TorchServeModelServer, type TorchServeModelServerOptions } from './torchserve-model-server.js';
export { ArchiveOffers, type ArchiveOffersOptions } from './archive-offers.js';
