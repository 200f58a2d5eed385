/** Gateways that are alive, and how far each has followed the state. */
export interface GatewayRegistry {
  /** Says that the gateway lives and serves every change up to `revision`. Must be repeated within `leaseMs`. */
  announce(gatewayId: string, revision: number): Promise<void>;
  /** Takes the gateway out. */
  leave(gatewayId: string): Promise<void>;
  /**
   * Resolves when every live gateway serves `revision`; a gateway that stops announcing counts as gone after its lease.
   *
   * @returns ids of the gateways that had not followed after `timeoutMs`; empty when all have.
   */
  waitFor(revision: number, timeoutMs: number): Promise<readonly string[]>;
  /** ms that an announcement counts. */
  readonly leaseMs: number;
}
