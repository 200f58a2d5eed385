import type { SourcePlace } from '../source-place.js';
import type { CatalogueArea } from './entry.js';

/** A model node that has got no answer. `reason` goes on from "the model server". */
interface NodeOnServer {
  readonly node: string;
  readonly model: string;
  readonly server: string;
  readonly attempts: number;
  readonly reason: string;
}

/** Faults of single nodes. The data that each carries, by code. */
export interface NodeErrors {
  /** `modelServer`: by its address, for the log, where one had to do with it. `place`: for the log and the author; clients do not see it. */
  nodeFailed: { node: string; attempts: number; reason: string; modelServer?: string; place?: SourcePlace };
  nodeRaised: { node: string; status: number; message: string; place?: SourcePlace };
  /** `server`: the model server's name, which is no address. */
  nodeUnavailable: NodeOnServer & { retryAfterSeconds: number };
  nodeTimedOut: NodeOnServer & { timeoutMs: number };
  modelSettingInvalid: { node: string; rule: string };
  /** `isRaised`: Python itself has said no, so it is the archive's fault. */
  functionLoadFailed: { functionName: string; file: string; reason: string; isRaised?: boolean; place?: SourcePlace };
  /** The process that was to load it was ended from outside, time and again. */
  functionProcessLost: { functionName: string; file: string; reason: string };
}

export const nodeErrors: CatalogueArea<NodeErrors> = {
  nodeFailed: {
    type: 'InternalServerException',
    status: 500,
    message: (d) => `Error executing ${d.node}`,
    shows: ['node', 'attempts', 'reason'],
  },
  nodeRaised: {
    type: 'PredictionException',
    // Whoever named it: an answer with another one is no error, or none at all.
    status: (d) => (Number.isInteger(d.status) && d.status >= 400 && d.status <= 599 ? d.status : 500),
    message: (d) => d.message,
  },
  nodeUnavailable: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: (d) =>
      `Error executing ${d.node}: its model ${d.model} is on the model server ${d.server}, which cannot be reached: ${d.reason}. Try ` +
      'again; the server log names the address.',
    shows: ['node', 'attempts', 'reason'],
  },
  nodeTimedOut: {
    type: 'GatewayTimeoutException',
    status: 504,
    message: (d) =>
      `Error executing ${d.node}: its model ${d.model} on the model server ${d.server} did not answer within ${d.timeoutMs} ms, ` +
      "the node's timeout-ms.",
    shows: ['node', 'attempts', 'reason'],
  },
  modelSettingInvalid: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: (d) =>
      `The model of node ${d.node} cannot be registered: ${d.rule}. Change the spec and register it again.`,
  },
  functionLoadFailed: {
    type: 'WorkflowException',
    status: (d) => (d.isRaised === true ? 400 : 500),
    message: (d) => `Function ${d.functionName} of ${d.file} cannot be loaded: ${d.reason}`,
  },
  functionProcessLost: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: (d) =>
      `Function ${d.functionName} of ${d.file} could not be loaded, which need not be the archive's fault: ${d.reason}, ` +
      'time and again. Where memory is short the system ends processes; try again when there is more.',
  },
};
