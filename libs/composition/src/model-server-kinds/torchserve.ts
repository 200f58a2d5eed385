import type { ModelServer } from '@torchweave/application';
import { ArchiveOffers, TorchServeModelServer } from '@torchweave/torchserve-model-server';
import { atAddress, isExpandable } from '../named-model-servers.js';
import { checkTorchServe } from './check-torchserve.js';
import { missingRequirements } from './missing-requirements.js';
import { oncePerInstallation, type ModelServerKind, type ModelServerParts } from './kind.js';

/** Where its two APIs are. */
export interface TorchServeUrls {
  readonly managementUrl: string;
  readonly inferenceUrl: string;
}

/** A TorchServe of its own; a name with several addresses stands for one at each. */
export const torchServe: ModelServerKind = {
  form: 'torchserve=MANAGEMENT_URL,INFERENCE_URL',
  isInside: false,
  read: (value) => {
    const urls = urlsOf(value);
    if (urls === undefined) return undefined;
    return {
      create: (parts, place) => {
        const { managementUrl, inferenceUrl } = urls;
        const create = (at: TorchServeUrls): ModelServer => createTorchServe(parts, at, `torchserve-${place}`);
        if (!isExpandable(managementUrl, inferenceUrl)) return { server: create(urls) };
        // Both URLs with the same address: inferences go to the server that was asked to hold the model.
        const at = (address: string): TorchServeUrls => ({
          managementUrl: atAddress(managementUrl, address),
          inferenceUrl: atAddress(inferenceUrl, address),
        });
        return { name: { host: new URL(managementUrl).hostname, create: (address) => create(at(address)) } };
      },
      check: ({ modelServerKeyFile }, probe) => checkTorchServe(urls, modelServerKeyFile, probe),
    };
  },
};

function urlsOf(value: string): TorchServeUrls | undefined {
  const [, managementUrl = '', inferenceUrl = ''] = /^(https?:\/\/[^,]+),(https?:\/\/[^,]+)$/.exec(value) ?? [];
  if (!URL.canParse(managementUrl) || !URL.canParse(inferenceUrl)) return undefined;
  return { managementUrl, inferenceUrl };
}

const offersOf = oncePerInstallation(
  ({ settings, logger }) => new ArchiveOffers({ address: settings.modelDeliveryAddress, logger }),
);

function createTorchServe(parts: ModelServerParts, urls: TorchServeUrls, name: string): ModelServer {
  const { settings, unpack, logger } = parts;
  const keyFile = settings.modelServerKeyFile;
  return new TorchServeModelServer({
    ...urls,
    name,
    offers: offersOf(parts),
    hintOf: (url) => missingRequirements(url, settings.modelStore, unpack),
    maxResponseBytes: settings.maxResponseSize,
    ...(keyFile === undefined ? {} : { keyFile }),
    logger,
  });
}
