import type { MissingWorkflows } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';

export type GatewayPhase = 'loading' | 'serving' | 'stopping';

/** Broken workflows that a warning names. */
const namedWorkflows = 3;

/** Why a gateway should get no requests: it comes, it goes, or it serves less than is registered. */
export function gatewayUnreadiness(
  phase: GatewayPhase,
  { missing, registered }: MissingWorkflows,
): TorchweaveError | undefined {
  if (phase !== 'serving') return new TorchweaveError('shuttingDown', { retryAfterSeconds: 1 });
  if (missing === 0) return undefined;
  return new TorchweaveError('workflowsMissing', { missing, registered, retryAfterSeconds: 1 });
}

/** What no gateway can serve is no reason to take this one's requests away, but is told. */
export function brokenWorkflows({ broken }: MissingWorkflows): string | undefined {
  if (broken.size === 0) return undefined;
  const told = [...broken].slice(0, namedWorkflows).map(([name, error]) => `${name}: ${error.message}`);
  const others = broken.size - told.length;
  return `${broken.size} registered workflows cannot be served. ${told.join(' ')}${others > 0 ? ` And ${others} more.` : ''}`;
}
