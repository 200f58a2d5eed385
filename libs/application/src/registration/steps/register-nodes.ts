import {
  functionNodes,
  modelNameOf,
  modelNodes,
  toTorchweaveError,
  type WorkflowDefinition,
  servedModelsOf,
} from '@torchweave/domain';
import type { ModelServerFleet } from '../../model-server-fleet/model-server-fleet.js';
import { registrationOf, type ModelRegistrationPorts } from '../model-registration.js';
import { proveFunctions, type ProveFunctionsPorts } from '../prove-functions.js';
import { registrationFailure, type FailedNodes } from '../registration-failure.js';
import type { Step, StepContext } from '../saga/step.js';

export interface RegisterNodesPorts extends ProveFunctionsPorts, ModelRegistrationPorts {
  readonly modelServers: ModelServerFleet;
}

interface Defined {
  readonly definition: WorkflowDefinition;
}

/** All nodes at once. Models on a server that is away when they are undone are left as orphans: reconcile removes them. */
export const registerNodes: Step<RegisterNodesPorts, Defined, object, Defined> = {
  name: 'register-nodes',
  title: 'Register the models, and load the functions on every gateway',
  run: async (context, { definition }) => {
    const failed = await register(context, definition);
    if (failed.length > 0) throw registrationFailure(definition, failed);
    return {};
  },
  undo: async ({ ports: { modelServers, gateways, logger }, run }, { definition }, left) => {
    const orphans = await modelServers.unregisterAll(servedModelsOf(definition));
    await gateways.discard(run.operationId).catch((error: unknown) => {
      logger.warn({ workflow: definition.name, err: error }, 'gateways keep for a while what they have prepared');
    });
    return { ...left, orphans: [...left.orphans, ...orphans] };
  },
};

async function register(
  { ports, run, signal, assertHeld }: StepContext<RegisterNodesPorts>,
  definition: WorkflowDefinition,
): Promise<readonly FailedNodes[]> {
  // It may have been swept before the name was reserved; from then on the record keeps it.
  const { directory } = await ports.archives.open(definition.digest);
  await assertHeld();
  const models = modelNodes(definition).map((node) => ({
    nodes: [modelNameOf(definition.name, node.name)],
    done: registrationOf(ports, node, signal).then((model) => ports.modelServers.register(model, signal)),
  }));
  const functions = functionNodes(definition).map((node) => node.modelName);
  const toProve = { run, definition, directory };
  const proved = functions.length === 0 ? [] : [{ nodes: functions, done: proveFunctions(ports, toProve) }];
  const settled = [...models, ...proved].map(async ({ nodes, done }): Promise<FailedNodes[]> => {
    try {
      await done;
      return [];
    } catch (thrown) {
      return [{ nodes, error: toTorchweaveError(thrown) }];
    }
  });
  return (await Promise.all(settled)).flat();
}
