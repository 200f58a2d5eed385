import type { SourcePlace } from '../source-place.js';
import type { CatalogueArea } from './entry.js';

/** A model server's answer to what it has not done. */
interface ServerAnswer {
  readonly endpoint: string;
  /** As its protocol marks such an answer, `503` or `UNAVAILABLE`: for sentences alone. */
  readonly answered?: string;
  /** Its own words. */
  readonly message: string;
  /** Where the model's own code has raised it, as far as that is known. */
  readonly place?: SourcePlace;
}

/** Answers by which a model server does not do what it was asked for. */
export interface ModelServerRefusals {
  /** It has no such model. */
  modelMissing: ServerAnswer;
  /** The model has no room for a request at this moment. */
  modelBusy: ServerAnswer;
  /** The model has failed at a request, with nothing that the client should hear. */
  modelFailed: ServerAnswer;
  /** What it should hold is not there or at fault: the same again is of no use. */
  modelRejected: ServerAnswer;
  /** It has no room for a further model. */
  modelServerFull: ServerAnswer;
  /** Anything else that it says no to. */
  modelServerRefused: ServerAnswer;
}

/** What model servers do not do. The data that each carries, by code. */
export interface ModelServerErrors extends ModelServerRefusals {
  /** The model has something to say to the client, with the status that its answer is to have. */
  modelRaised: { endpoint: string; status: number; message: string; place?: SourcePlace };
  /** `server`: its name, where that is known. */
  modelServerUnreachable: { endpoint: string; reason: string; server?: string };
  modelServerLate: { endpoint: string; timeoutMs: number; server?: string };
  modelManagementDisabled: { endpoint: string };
  modelServerUnauthorized: { endpoint: string; message: string };
  noModelServer: { model: string };
}

const describeServer = (name: string | undefined): string =>
  name === undefined ? 'The model server' : `The model server ${name}`;

const itsWords = (d: ServerAnswer): string => d.message;

export const modelServerErrors: CatalogueArea<ModelServerErrors> = {
  modelRaised: {
    type: 'PredictionException',
    status: (d) => d.status,
    message: (d) => d.message,
  },
  modelMissing: { type: 'ModelNotFoundException', status: 404, message: itsWords },
  modelBusy: { type: 'ServiceUnavailableException', status: 503, message: itsWords },
  modelFailed: { type: 'InternalServerException', status: 500, message: itsWords },
  modelRejected: { type: 'InvalidModelException', status: 400, message: itsWords },
  modelServerFull: { type: 'InsufficientStorageException', status: 507, message: itsWords },
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
  modelServerRefused: { type: 'ModelServerException', status: 502, message: itsWords },
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
