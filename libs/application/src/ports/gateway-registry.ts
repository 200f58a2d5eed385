import type { ErrorRecord, WorkflowDefinition } from '@torchweave/domain';

/** A workflow whose functions gateways load before it is committed. */
export interface Preparation {
  readonly operationId: string;
  readonly definition: WorkflowDefinition;
}

/** How a gateway's preparation went: well without a `failure`. */
export interface PreparationOutcome {
  readonly gatewayId: string;
  readonly failure?: ErrorRecord;
}

/** What a gateway does when a worker asks for it; neither may throw. */
export interface PreparationListener {
  prepare(preparation: Preparation): void;
  discard(operationId: string): void;
}

/** A gateway that is alive, and the last change that it serves. */
export interface ServingGateway {
  readonly gatewayId: string;
  readonly revision: number;
}

/** Gateways that are alive, how far each has followed the state, and what workers ask of all of them. */
export interface GatewayRegistry {
  /** Says that the gateway lives and serves every change up to `revision`. Must be repeated within `leaseMs`. */
  announce(gatewayId: string, revision: number): Promise<void>;
  /** Takes the gateway out. */
  leave(gatewayId: string): Promise<void>;
  /** All that are alive, by their ids. */
  serving(): Promise<readonly ServingGateway[]>;
  /**
   * Resolves when every live gateway serves `revision`; a gateway that stops announcing counts as gone after its lease.
   *
   * @returns ids of the gateways that had not followed after `timeoutMs`; empty when all have.
   */
  waitFor(revision: number, timeoutMs: number): Promise<readonly string[]>;
  /**
   * Asks every live gateway to prepare a workflow. A gateway may never answer: it can die, and a message can be lost.
   *
   * @returns how it went, when all that were asked have answered; empty where no gateway lives.
   * @throws the reason of `signal` when that aborts first; TorchweaveError `stateUnavailable`.
   */
  prepare(preparation: Preparation, signal: AbortSignal): Promise<readonly PreparationOutcome[]>;
  /** Tells the gateways that what they have prepared for an operation is not going to be committed. */
  discard(operationId: string): Promise<void>;
  /** Tells a gateway what workers ask from now on. Returns how to stop. */
  onPreparation(listener: PreparationListener): Promise<() => void>;
  /** A gateway's answer to {@link prepare}. */
  answerPreparation(operationId: string, outcome: PreparationOutcome): Promise<void>;
  /** ms that an announcement counts. */
  readonly leaseMs: number;
}
