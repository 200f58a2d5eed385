import type { GatewayRegistry } from '../../ports/gateway-registry.js';
import type { Logger } from '../../ports/logger.js';
import type { Step, StepContext } from '../saga/step.js';

interface AwaitGatewaysPorts {
  readonly gateways: GatewayRegistry;
  readonly logger: Logger;
}

/** A change of a workflow that gateways follow. */
export interface ServedFrom {
  readonly workflow: string;
  readonly revision: number;
}

const follow =
  (remark: string) =>
  async (
    { ports: { gateways, logger } }: StepContext<AwaitGatewaysPorts>,
    { workflow, revision }: ServedFrom,
  ): Promise<object> => {
    const late = await gateways.waitFor(revision, gateways.leaseMs * 2);
    if (late.length > 0) logger.warn({ workflow, gateways: late }, remark);
    return {};
  };

export const awaitGateways: Step<AwaitGatewaysPorts, ServedFrom, object, unknown> = {
  name: 'await-gateways',
  title: 'Wait until every gateway serves it',
  run: follow('gateways have not followed yet; they read on demand'),
};

export const withdraw: Step<AwaitGatewaysPorts, ServedFrom, object, unknown> = {
  name: 'withdraw',
  title: 'Wait until no gateway serves it any more',
  run: follow('gateways have not followed yet'),
};
