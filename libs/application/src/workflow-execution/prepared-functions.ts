import { toTorchweaveError, versionOf, type ErrorRecord, type WorkflowDefinition } from '@torchweave/domain';
import type { ArchiveStore } from '../ports/archive-store.js';
import type { FunctionRuntime } from '../ports/function-runtime.js';
import type { GatewayRegistry, Preparation } from '../ports/gateway-registry.js';
import type { Logger } from '../ports/logger.js';
import type { WorkflowVersions } from '../ports/workflow-versions.js';
import { functionUnitId, functionUnitOf } from './function-unit.js';

export interface PreparedFunctionsPorts {
  readonly archives: ArchiveStore;
  readonly functions: FunctionRuntime;
  readonly gateways: GatewayRegistry;
  readonly versions: Pick<WorkflowVersions, 'get'>;
  readonly logger: Logger;
}

interface PreparedUnit {
  /** The unit's id, when it is loaded. */
  readonly loaded: Promise<string>;
  readonly definition: WorkflowDefinition;
  /** By `performance.now()`. */
  readonly expiresAt: number;
  look?: NodeJS.Timeout;
}

/** ms that prepared functions wait for their commit: models may be downloaded meanwhile. Later, they are loaded again. */
const keptMs = 600_000;
/** ms between looks whether the registration goes on: a worker's word that it does not may be lost, or never be said. */
const lookMs = 5_000;

/**
 * The functions that a gateway has loaded: for registrations under way, and for the workflows that it serves.
 *
 * A registration asks every gateway for it before it commits: what does not load is refused, and what is committed is
 * served at once. Nobody has to say how a registration ends: what no operation is going to commit is unloaded.
 */
export class PreparedFunctions {
  private readonly units = new Map<string, PreparedUnit>();
  /** Unit id to how often it was taken over and not unloaded. */
  private readonly taken = new Map<string, number>();
  private stopListening: (() => void) | undefined;

  constructor(
    private readonly gatewayId: string,
    private readonly ports: PreparedFunctionsPorts,
  ) {}

  /** Answers the workers from now on. */
  async start(): Promise<void> {
    this.stopListening = await this.ports.gateways.onPreparation({
      prepare: (preparation) => void this.answer(preparation),
      discard: (operationId) => this.discard(operationId),
    });
  }

  /**
   * Hands over the functions of a committed workflow, prepared or loaded now; the caller unloads them with {@link unload}.
   *
   * @returns the id of their unit.
   * @throws whatever loading throws.
   */
  async take(definition: WorkflowDefinition, operationId: string): Promise<string> {
    const unitId = await (this.forget(operationId)?.loaded ?? this.load(definition, operationId));
    this.taken.set(unitId, (this.taken.get(unitId) ?? 0) + 1);
    return unitId;
  }

  /**
   * Lends the functions of a workflow that is not committed yet to whoever tries it out: prepared, or loaded now.
   *
   * @returns the id of their unit.
   * @throws whatever loading throws.
   */
  async lend(definition: WorkflowDefinition, operationId: string): Promise<string> {
    await this.prepare(definition, operationId);
    return functionUnitId(definition, operationId);
  }

  /** Unloads what was taken over, when whoever else has taken it over does so as well. */
  async unload(unitId: string): Promise<void> {
    const others = (this.taken.get(unitId) ?? 1) - 1;
    if (others > 0) {
      this.taken.set(unitId, others);
      return;
    }
    this.taken.delete(unitId);
    await this.ports.functions.unload(unitId);
  }

  /** Answers no more and unloads what nobody has taken over. */
  stop(): void {
    this.stopListening?.();
    for (const operationId of this.units.keys()) this.discard(operationId);
  }

  private async answer({ operationId, definition }: Preparation): Promise<void> {
    const { gateways, logger } = this.ports;
    let failure: ErrorRecord | undefined;
    try {
      await this.prepare(definition, operationId);
    } catch (error) {
      logger.warn(
        { workflow: definition.name, operationId, err: error },
        'workflow cannot be prepared by this gateway',
      );
      failure = toTorchweaveError(error).toRecord();
    }
    const outcome = { gatewayId: this.gatewayId, ...(failure === undefined ? {} : { failure }) };
    await gateways.answerPreparation(operationId, outcome).catch((error: unknown) => {
      logger.warn({ operationId, err: error }, 'a preparation cannot be answered; its worker goes on without');
    });
  }

  /** Once for each operation: a worker that takes a registration up again asks again, and one that has lost it may ask late. */
  private async prepare(definition: WorkflowDefinition, operationId: string): Promise<void> {
    if (this.taken.has(functionUnitId(definition, operationId))) return;
    const unit = this.units.get(operationId) ?? this.begin(definition, operationId);
    try {
      await unit.loaded;
    } catch (error) {
      if (this.units.get(operationId) === unit) this.forget(operationId);
      throw error;
    }
  }

  private begin(definition: WorkflowDefinition, operationId: string): PreparedUnit {
    const loaded = this.load(definition, operationId);
    const unit: PreparedUnit = { loaded, definition, expiresAt: performance.now() + keptMs };
    this.units.set(operationId, unit);
    this.lookAgain(operationId, unit);
    return unit;
  }

  private lookAgain(operationId: string, unit: PreparedUnit): void {
    unit.look = setTimeout(() => void this.discardIfEnded(operationId, unit), lookMs).unref();
  }

  private async discardIfEnded(operationId: string, unit: PreparedUnit): Promise<void> {
    const isWanted = performance.now() < unit.expiresAt && (await this.isUnderWay(operationId, unit.definition));
    if (this.units.get(operationId) !== unit) return;
    if (isWanted) this.lookAgain(operationId, unit);
    else this.discard(operationId);
  }

  /** True also for one that is committed and not followed yet, and where nobody can tell. */
  private async isUnderWay(operationId: string, definition: WorkflowDefinition): Promise<boolean> {
    try {
      const record = await this.ports.versions.get(versionOf(definition));
      return record?.operationId === operationId && ['registering', 'ready'].includes(record.phase);
    } catch (error) {
      this.ports.logger.debug({ operationId, err: error }, 'it is not known whether a registration goes on');
      return true;
    }
  }

  private discard(operationId: string): void {
    const { functions, logger } = this.ports;
    this.forget(operationId)
      ?.loaded.then(
        (unitId) => (this.taken.has(unitId) ? undefined : functions.unload(unitId)),
        () => undefined,
      )
      .catch((error: unknown) => logger.error({ operationId, err: error }, 'prepared functions cannot be unloaded'));
  }

  private forget(operationId: string): PreparedUnit | undefined {
    const unit = this.units.get(operationId);
    clearTimeout(unit?.look);
    this.units.delete(operationId);
    return unit;
  }

  private async load(definition: WorkflowDefinition, operationId: string): Promise<string> {
    const { archives, functions } = this.ports;
    const { directory } = await archives.open(definition.digest);
    const unit = functionUnitOf(definition, directory, operationId);
    await functions.load(unit);
    return unit.id;
  }
}
