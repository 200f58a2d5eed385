import type { FunctionCallOptions } from '@torchweave/application';
import { bodyInput, callOptions, FunctionArchives } from '@torchweave/testing/port-conformance/function-runtime';
import { vi } from 'vitest';
import { PythonFunctionRuntime, scrubbedEnvironment, type PythonFunctionRuntimeOptions } from '../../src/index.js';
import { RecordingLogger } from './recording-logger.js';

type RuntimeOptions = Partial<PythonFunctionRuntimeOptions>;

/** A runtime, and one unit loaded in it. */
export interface LoadedUnit {
  readonly runtime: PythonFunctionRuntime;
  readonly logger: RecordingLogger;
  readonly unitId: string;
  /** Of the archive; a process works in a copy of it. */
  readonly directory: string;
  /** Calls a function with a text and resolves to the text it answers. */
  call(functionName: string, body?: string, options?: Partial<FunctionCallOptions>): Promise<string>;
}

/** Runs `test` with a unit of these functions in a runtime of its own, and closes the runtime whatever happens. */
export async function withUnit(
  functions: string,
  source: string | Readonly<Record<string, string>>,
  test: (unit: LoadedUnit) => Promise<void>,
  options: RuntimeOptions = {},
): Promise<void> {
  const logger = new RecordingLogger();
  const runtime = new PythonFunctionRuntime({
    ...{ logger, serverVersion: 'test', environment: scrubbedEnvironment(process.env) },
    ...options,
  });
  const archives = await FunctionArchives.create();
  try {
    const unit = await archives.unit(functions, typeof source === 'string' ? { 'h.py': source } : source);
    await runtime.load(unit);
    await test({
      runtime,
      logger,
      unitId: unit.id,
      directory: unit.directory,
      call: async (functionName, body = '', callOverrides = {}) => {
        const input = bodyInput(body, 'text/plain');
        const { value } = await runtime.call(unit.id, functionName, input, callOptions(callOverrides));
        return Buffer.from(value).toString('utf8');
      },
    });
  } finally {
    await runtime.close();
    await archives.remove();
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Resolves when none of these processes is left. */
export async function gone(...pids: number[]): Promise<void> {
  await vi.waitFor(() => {
    const left = pids.filter(isAlive);
    if (left.length > 0) throw new Error(`still there: ${left.join(', ')}`);
  }, 10_000);
}
