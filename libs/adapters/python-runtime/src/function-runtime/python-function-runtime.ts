import type { FunctionCallOptions, FunctionRuntime, FunctionUnit } from '@torchweave/application';
import type { NodeInput, NodeOutput } from '@torchweave/domain';
import { copyTree } from '../copy-tree.js';
import { resolveOptions, type PythonOptions, type ResolvedPythonOptions } from '../options.js';
import { CallFailure } from '../pool/call-failure.js';
import { inputFailure } from '../pool/check-input.js';
import { ProcessPool } from '../pool/process-pool.js';
import type { ProcessStatus } from '../pool/process-supply.js';
import { ProcessLoadError } from '../processes/python-process.js';
import { Supervisor } from '../processes/supervisor.js';
import { removeTree } from '../remove-tree.js';
import { callError, loadError } from './function-errors.js';

export interface PythonFunctionRuntimeOptions extends PythonOptions {
  /** Default 4. A unit has one process until calls have to wait. */
  readonly maxProcessesPerUnit?: number;
  /** ms that a process beyond the first idles before it ends. Default 30,000. */
  readonly idleProcessMs?: number;
}

interface LoadedUnit {
  readonly workflow: string;
  readonly entries: ReadonlyMap<string, number>;
  loading: Promise<void>;
  /** Where the unit's files are: its own to write to, and gone with it. */
  directory?: string;
  /** Absent while the folder is made. */
  pool?: ProcessPool;
  isUnloaded: boolean;
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
    return [...this.units.values()].flatMap(({ workflow, pool }) =>
      pool === undefined ? [] : [{ name: workflow, ...pool.status }],
    );
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
    await this.discard(unit, 'the function is not loaded any more');
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
      if (unit?.pool === undefined || entry === undefined)
        throw new CallFailure('unavailable', 'the function is not loaded');
      const refused = inputFailure(input, this.options.maxRequestBytes);
      if (refused !== undefined) throw refused;
      const { requestId, headers, timeoutMs, signal } = options;
      return await unit.pool.submit({ entry, input, requestId, headers, timeoutMs, signal });
    } catch (error) {
      throw callError(functionName, error);
    }
  }

  async close(): Promise<void> {
    for (const unit of this.units.values()) unit.pool?.terminate('the function runtime is closed');
    this.units.clear();
    await this.supervisor.close();
  }

  private begin(unit: FunctionUnit): LoadedUnit {
    const entries = new Map(unit.functions.map(({ name }, index) => [name, index]));
    const { workflow } = unit;
    const loaded: LoadedUnit = { workflow, entries, loading: Promise.resolve(), isUnloaded: false };
    this.units.set(unit.id, loaded);
    loaded.loading = this.loadInto(loaded, unit).catch(async (error: unknown) => {
      if (this.units.get(unit.id) === loaded) this.units.delete(unit.id);
      await this.discard(loaded, 'the function could not be loaded');
      throw error;
    });
    return loaded;
  }

  private async loadInto(loaded: LoadedUnit, unit: FunctionUnit): Promise<void> {
    const directory = await this.supervisor.nextFolder();
    loaded.directory = directory;
    try {
      await copyTree(unit.directory, directory);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
      throw new ProcessLoadError(`its folder cannot be made (${code})`);
    }
    if (loaded.isUnloaded) throw new ProcessLoadError('it is not wanted any more');
    loaded.pool = this.poolOf(unit, directory);
    await loaded.pool.start();
  }

  private async discard(loaded: LoadedUnit, reason: string): Promise<void> {
    loaded.isUnloaded = true;
    await loaded.pool?.close(reason);
    if (loaded.directory !== undefined) await removeTree(loaded.directory);
  }

  private poolOf(
    { manifest, handlerFile, functions, workflow, version }: FunctionUnit,
    directory: string,
  ): ProcessPool {
    return new ProcessPool(
      this.supervisor,
      { kind: 'functions', directory, manifest, handlerFile, functions },
      { workflow, ...(version === undefined ? {} : { version }) },
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
  }
}
