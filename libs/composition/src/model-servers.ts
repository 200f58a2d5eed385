import type { Logger, ModelServer } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import type { Settings } from '@torchweave/platform';
import { TorchServeModelServer } from '@torchweave/torchserve-model-server';

/** @throws TorchweaveError `configurationInvalid` when no model server is named. */
export function createModelServers(settings: Settings, logger: Logger): ModelServer[] {
  if (settings.modelServers.length === 0) {
    const rule = 'given at least once: torchserve=MANAGEMENT_URL,INFERENCE_URL';
    throw new TorchweaveError('configurationInvalid', { setting: '--model-server', value: '', rule });
  }
  return settings.modelServers.map((server) => {
    if (server.kind === 'local') {
      const rule = 'torchserve=MANAGEMENT_URL,INFERENCE_URL';
      throw new TorchweaveError('configurationInvalid', { setting: '--model-server', value: 'local', rule });
    }
    return new TorchServeModelServer({
      managementUrl: server.managementUrl,
      inferenceUrl: server.inferenceUrl,
      ...(settings.modelServerKeyFile === undefined ? {} : { keyFile: settings.modelServerKeyFile }),
      logger,
    });
  });
}
