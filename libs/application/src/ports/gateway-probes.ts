import type { ErrorRecord, WorkflowDefinition } from '@torchweave/domain';

/** A version whose probe is to be sent, before it serves. */
export interface ProbeOrder {
  readonly operationId: string;
  readonly definition: WorkflowDefinition;
}

/** What became of the probe on one gateway: well without a `failure`. */
export interface ProbeOutcome {
  readonly gatewayId: string;
  readonly failure?: ErrorRecord;
}

/** By what workers have every gateway send a version its probe. */
export interface GatewayProbes {
  /**
   * Asks every gateway that answers. One that says nothing at once, or nothing any more, does not count: it may be of a version that knows
   * no probes, or have died.
   *
   * @returns the outcomes of all others; empty where there are none.
   * @throws the reason of `signal` when that aborts first; TorchweaveError `stateUnavailable`.
   */
  ask(order: ProbeOrder, signal: AbortSignal): Promise<readonly ProbeOutcome[]>;
  /**
   * Has a gateway answer from now on.
   *
   * @param send resolves when the answer was good; what it rejects with is the failure.
   * @returns how to stop.
   */
  answer(gatewayId: string, send: (order: ProbeOrder) => Promise<void>): Promise<() => void>;
}
