import {
  ExecutionPlan,
  functionNodes,
  modelNameOf,
  modelNodes,
  servedModelsOf,
  toTorchweaveError,
} from '@torchweave/domain';
import type { WorkflowDefinition } from '@torchweave/domain';
import type { ModelServerFleet } from '../model-server-fleet/model-server-fleet.js';
import type { FunctionRuntime } from '../ports/function-runtime.js';
import { withModelDigests } from '../registration/model-archives.js';
import { registrationOf, type ModelRegistrationPorts } from '../registration/model-registration.js';
import { registrationFailure, type FailedNodes } from '../registration/registration-failure.js';
import { functionUnitId, functionUnitOf } from './function-unit.js';
import type { RunnableWorkflow } from './run-workflow.js';

export interface LoadHerePorts extends ModelRegistrationPorts {
  readonly functions: FunctionRuntime;
  readonly modelServers: ModelServerFleet;
}

const revision = 1;
/** There is no registration that others could be told apart by. */
const unitOf = 'here';

/** Lets the processes of what {@link loadHere} has loaded end; whatever they have printed is logged by then. */
export async function unloadHere(ports: LoadHerePorts, definition: WorkflowDefinition): Promise<void> {
  await ports.functions.unload(functionUnitId(definition, unitOf));
  await ports.modelServers.unregisterAll(servedModelsOf(definition));
}

/**
 * Loads a workflow in this process alone, without a state that others share: its models on the model servers, its functions in the
 * runtime.
 *
 * @param directory of the unpacked archive.
 * @throws TorchweaveError `registrationFailed` that names every node that cannot be loaded.
 */
export async function loadHere(
  ports: LoadHerePorts,
  given: WorkflowDefinition,
  directory: string,
  signal: AbortSignal,
): Promise<RunnableWorkflow> {
  const definition = await withModelDigests(ports, given, signal);
  const models = modelNodes(definition).map((node) => ({
    nodes: [modelNameOf(definition.name, node.name)],
    done: registrationOf(ports, node, signal).then((model) => ports.modelServers.register(model, signal)),
  }));
  const functions = functionNodes(definition).map(({ modelName }) => modelName);
  const unit = functions.length === 0 ? undefined : functionUnitOf(definition, directory, unitOf);
  const loading = unit === undefined ? [] : [{ nodes: functions, done: ports.functions.load(unit) }];
  const failed: FailedNodes[] = [];
  for (const { nodes, done } of [...models, ...loading].map(settled)) {
    const error = await done;
    if (error !== undefined) failed.push({ nodes, error: toTorchweaveError(error) });
  }
  if (failed.length > 0) throw registrationFailure(definition, failed);
  const { name, version } = definition;
  const runnable = { name, version, revision, plan: new ExecutionPlan(definition) };
  return unit === undefined ? runnable : { ...runnable, functionUnitId: unit.id };
}

/** What it rejects with is looked at later, when all are under way. */
const settled = ({ nodes, done }: { readonly nodes: readonly string[]; readonly done: Promise<unknown> }) => ({
  nodes,
  done: done.then(
    () => undefined,
    (error: unknown) => error ?? new Error('unknown'),
  ),
});
