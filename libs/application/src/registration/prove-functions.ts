import { TorchweaveError, type ErrorCode, type WorkflowDefinition } from '@torchweave/domain';
import type { FunctionRuntime } from '../ports/function-runtime.js';
import type { GatewayRegistry } from '../ports/gateway-registry.js';
import type { Logger } from '../ports/logger.js';
import type { OperationRun } from '../ports/workflow-state.js';
import { functionUnitOf } from '../workflow-execution/function-unit.js';

export interface ProveFunctionsPorts {
  /** A runtime of the worker's own. */
  readonly functions: FunctionRuntime;
  readonly gateways: GatewayRegistry;
  readonly logger: Logger;
}

/** A registration under way. */
export interface FunctionsToProve {
  readonly run: OperationRun;
  readonly definition: WorkflowDefinition;
  /** The unpacked archive. */
  readonly directory: string;
}

/** ms that the gateways have before the worker loads the functions as well. */
const patienceMs = 1_000;

/**
 * Proves that a workflow's functions load: on every live gateway, which has them then for the commit. Where none lives,
 * or not all have answered in time, the worker loads them itself; what is proved first counts.
 *
 * @throws TorchweaveError `functionLoadFailed`, `openFilesExhausted`.
 */
export async function proveFunctions(ports: ProveFunctionsPorts, functions: FunctionsToProve): Promise<void> {
  const settled = new AbortController();
  try {
    const prepared = prepareGateways(ports, functions, settled.signal);
    // The race may be over before it rejects.
    prepared.catch(() => undefined);
    const answer = await Promise.race([prepared, after(patienceMs, settled.signal)]);
    if (answer === 'proved') return;
    const loadedHere = loadOnce(ports, functions, settled.signal);
    loadedHere.catch(() => undefined);
    const provedLater = prepared.then((late) => (late === 'proved' ? undefined : loadedHere));
    await Promise.race([loadedHere, provedLater]);
  } finally {
    settled.abort();
  }
}

type Answer = 'proved' | 'nobody can tell';
const refusals: ReadonlySet<ErrorCode> = new Set(['functionLoadFailed', 'openFilesExhausted']);

async function prepareGateways(
  { gateways, logger }: ProveFunctionsPorts,
  { run: { operationId }, definition }: FunctionsToProve,
  signal: AbortSignal,
): Promise<Answer> {
  const outcomes = await gateways.prepare({ operationId, definition }, signal).catch((error: unknown) => {
    if (!signal.aborted) logger.warn({ operationId, err: error }, 'gateways cannot be asked to prepare a workflow');
    return [];
  });
  let isProved = false;
  for (const { gatewayId, failure } of outcomes) {
    if (failure === undefined) isProved = true;
    // Anything else is the gateway's own trouble: it tries again when the workflow is committed. Without a file left it could not.
    else if (refusals.has(failure.code)) throw TorchweaveError.fromRecord(failure);
    else logger.warn({ operationId, gatewayId, failure }, 'a gateway cannot prepare a workflow');
  }
  return isProved ? 'proved' : 'nobody can tell';
}

/** Ends the processes as soon as they have loaded, or when nobody waits for that any more. */
async function loadOnce(
  { functions, logger }: ProveFunctionsPorts,
  { run, definition, directory }: FunctionsToProve,
  signal: AbortSignal,
): Promise<void> {
  // Two runs of one operation may be in this process: neither ends the other's.
  const unit = functionUnitOf(definition, directory, `proof-${run.operationId}-${run.token}`);
  const unload = (): void => {
    functions.unload(unit.id).catch((error: unknown) => logger.warn({ unit: unit.id, err: error }, 'cannot unload'));
  };
  signal.addEventListener('abort', unload, { once: true });
  await functions.load(unit);
}

function after(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  });
}
