import type { CatalogueArea } from './entry.js';

/** What model servers do not do. The data that each carries, by code. */
export interface ModelServerErrors {
  /** `server`: its name, where that is known. */
  modelServerUnreachable: { endpoint: string; reason: string; server?: string };
  modelServerLate: { endpoint: string; timeoutMs: number; server?: string };
  modelServerRefused: { endpoint: string; status: number; message: string };
  modelManagementDisabled: { endpoint: string };
  modelServerUnauthorized: { endpoint: string; message: string };
  noModelServer: { model: string };
}

const describeServer = (name: string | undefined): string =>
  name === undefined ? 'The model server' : `The model server ${name}`;

export const modelServerErrors: CatalogueArea<ModelServerErrors> = {
  modelServerUnreachable: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: (d) => `${describeServer(d.server)} cannot be reached: ${d.reason}`,
  },
  modelServerLate: {
    type: 'GatewayTimeoutException',
    status: 504,
    message: (d) => `${describeServer(d.server)} did not answer within ${d.timeoutMs} ms.`,
  },
  modelServerRefused: {
    type: 'ModelServerException',
    status: 502,
    message: (d) => d.message,
  },
  modelManagementDisabled: {
    type: 'ModelServerException',
    status: 502,
    message: () =>
      'The model server refuses to register models (405). Start TorchServe with --enable-model-api or ' +
      'enable_model_api=true in its config.properties.',
  },
  modelServerUnauthorized: {
    type: 'ModelServerException',
    status: 502,
    message: (d) =>
      `The model server refuses our key: ${d.message} Give its key_file.json with --model-server-key-file, or start it ` +
      'with --disable-token-auth.',
  },
  noModelServer: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: (d) => `No healthy model server holds ${d.model}.`,
  },
};
