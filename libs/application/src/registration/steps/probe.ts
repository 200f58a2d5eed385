import { functionNodes, isTorchweaveError, TorchweaveError, type WorkflowDefinition } from '@torchweave/domain';
import type { ModelServerFleet } from '../../model-server-fleet/model-server-fleet.js';
import type { ArchiveStore } from '../../ports/archive-store.js';
import type { FunctionRuntime } from '../../ports/function-runtime.js';
import type { GatewayProbes } from '../../ports/gateway-probes.js';
import type { Logger } from '../../ports/logger.js';
import { sendProbe } from '../../probing/send-probe.js';
import { functionUnitOf } from '../../workflow-execution/function-unit.js';
import { RunWorkflow } from '../../workflow-execution/run-workflow.js';
import type { Step, StepContext } from '../saga/step.js';

export interface ProbeStepPorts {
  readonly probes: GatewayProbes;
  readonly archives: ArchiveStore;
  readonly functions: FunctionRuntime;
  readonly modelServers: ModelServerFleet;
  readonly logger: Logger;
}

interface Defined {
  readonly definition: WorkflowDefinition;
}

/** Before the pointer moves: a version whose answer is not good on any of the gateways never serves. */
export const probe: Step<ProbeStepPorts, Defined, object, unknown> = {
  name: 'probe',
  title: 'Send the probe of the spec to the version on every gateway',
  run: async (context, { definition }) => {
    if (definition.probe === undefined) return {};
    await context.assertHeld();
    if (!(await probedByGateways(context, definition))) await probedHere(context, definition);
    return {};
  },
};

/**
 * @returns whether one has had a good answer.
 * @throws TorchweaveError `probeFailed` where one has had another.
 */
async function probedByGateways(
  { ports: { probes, logger }, run: { operationId }, signal }: StepContext<ProbeStepPorts>,
  definition: WorkflowDefinition,
): Promise<boolean> {
  let isGood = false;
  for (const { gatewayId, failure } of await probes.ask({ operationId, definition }, signal)) {
    if (failure === undefined) isGood = true;
    else if (failure.code === 'probeFailed') throw onGateway(TorchweaveError.fromRecord(failure), gatewayId);
    // Anything else is the gateway's own trouble.
    else logger.warn({ operationId, gatewayId, failure }, 'a gateway cannot send a probe');
  }
  return isGood;
}

function onGateway(error: TorchweaveError, gateway: string): TorchweaveError {
  return isTorchweaveError(error, 'probeFailed')
    ? new TorchweaveError('probeFailed', { ...error.data, gateway })
    : error;
}

/** Where no gateway can say anything, as before the first one is started. */
async function probedHere({ ports, run }: StepContext<ProbeStepPorts>, definition: WorkflowDefinition): Promise<void> {
  const { functions, modelServers, archives } = ports;
  const { operationId, token } = run;
  const runner = new RunWorkflow(functions, modelServers);
  if (functionNodes(definition).length === 0)
    return sendProbe({ archives, runner }, { operationId, definition, functionUnitId: undefined });
  const { directory } = await archives.open(definition.digest);
  // Two runs of one operation may be in this process: neither ends the other's.
  const unit = functionUnitOf(definition, directory, `probe-${operationId}-${token}`);
  try {
    await functions.load(unit);
    await sendProbe({ archives, runner }, { operationId, definition, functionUnitId: unit.id });
  } finally {
    await functions.unload(unit.id);
  }
}
