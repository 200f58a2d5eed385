import type { FunctionCallOptions, FunctionRuntime, FunctionUnit } from '@torchweave/application';
import type { NodeInput, NodeOutput } from '@torchweave/domain';
import { resolveOptions, type PythonOptions, type ResolvedPythonOptions } from '../options.js';
import { CallFailure } from '../pool/call-failure.js';
import { inputFailure } from '../pool/check-input.js';
import { ProcessPool } from '../pool/process-pool.js';
import type { ProcessStatus } from '../pool/process-supply.js';
import { Supervisor } from '../processes/supervisor.js';
import { callError, loadError } from './function-errors.js';

export interface PythonFunctionRuntimeOptions extends PythonOptions {
  /** Default 4. A unit has one process until calls have to wait. */
  readonly maxProcessesPerUnit?: number;
  /** ms that a process beyond the first idles before it ends. Default 30,000. */
  readonly idleProcessMs?: number;
}

interface LoadedUnit {
  readonly workflow: string;
  readonly pool: ProcessPool;
  readonly entries: ReadonlyMap<string, number>;
  readonly loading: Promise<void>;
}

/** Runs function nodes in Python processes of their own, one or more for each unit. */
export class PythonFunctionRuntime implements FunctionRuntime {
  private readonly options: ResolvedPythonOptions;
  private readonly maxProcesses: number;
  private readonly idleMs: number;
  private readonly supervisor: Supervisor;
  private readonly units = new Map<string, LoadedUnit>();

  constructor(options: PythonFunctionRuntimeOptions) {
    this.options = resolveOptions(options);
    this.maxProcesses = options.maxProcessesPerUnit ?? 4;
    this.idleMs = options.idleProcessMs ?? 30_000;
    this.supervisor = new Supervisor(this.options);
  }

  /** The processes of each unit, by the name of its workflow; two units of one are there while one replaces the other. */
  get processes(): readonly (ProcessStatus & { readonly name: string })[] {
    return [...this.units.values()].map(({ workflow, pool }) => ({ name: workflow, ...pool.status }));
  }

  /**
   * Starts the supervisor ahead of the first load.
   *
   * @throws Error that says why Python cannot be started; ConfinementError where it cannot be confined as wanted.
   */
  start(): Promise<void> {
    return this.supervisor.start();
  }

  async load(unit: FunctionUnit): Promise<void> {
    const known = this.units.get(unit.id);
    const loaded = known ?? this.begin(unit);
    try {
      await loaded.loading;
    } catch (error) {
      throw loadError(unit, error);
    }
  }

  async unload(unitId: string): Promise<void> {
    const unit = this.units.get(unitId);
    if (unit === undefined) return;
    this.units.delete(unitId);
    await unit.pool.close('the function is not loaded any more');
  }

  async call(
    unitId: string,
    functionName: string,
    input: NodeInput,
    options: FunctionCallOptions,
  ): Promise<NodeOutput> {
    try {
      const unit = this.units.get(unitId);
      const entry = unit?.entries.get(functionName);
      if (unit === undefined || entry === undefined) throw new CallFailure('unavailable', 'the function is not loaded');
      const refused = inputFailure(input, this.options.maxRequestBytes);
      if (refused !== undefined) throw refused;
      const { requestId, headers, timeoutMs, signal } = options;
      return await unit.pool.submit({ entry, input, requestId, headers, timeoutMs, signal });
    } catch (error) {
      throw callError(functionName, error);
    }
  }

  async close(): Promise<void> {
    for (const unit of this.units.values()) unit.pool.terminate('the function runtime is closed');
    this.units.clear();
    await this.supervisor.close();
  }

  private begin(unit: FunctionUnit): LoadedUnit {
    const { directory, manifest, handlerFile, functions, workflow } = unit;
    const pool = new ProcessPool(
      this.supervisor,
      { kind: 'functions', directory, manifest, handlerFile, functions },
      { workflow },
      {
        minProcesses: 1,
        maxProcesses: this.maxProcesses,
        batchSize: 1,
        maxBatchDelayMs: 0,
        maxQueued: Infinity,
        sendAhead: true,
        idleMs: this.idleMs,
      },
      this.options.logger,
    );
    const entries = new Map(functions.map(({ name }, index) => [name, index]));
    const loading = pool.start().catch(async (error: unknown) => {
      if (this.units.get(unit.id)?.pool === pool) this.units.delete(unit.id);
      await pool.close('the function could not be loaded');
      throw error;
    });
    const loaded = { workflow, pool, entries, loading };
    this.units.set(unit.id, loaded);
    return loaded;
  }
}
