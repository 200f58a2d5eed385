import type { InspectSource, SourceFacts } from '@torchweave/composition';
import type { Environment } from '../environment.js';

/** With what Python files are looked at, and where the texts go that problems have places in, by the names that problems give them. */
export interface SourceCheck {
  /** Without one they are not compiled. */
  readonly python?: PythonChecker | undefined;
  readonly sources: Map<string, string>;
}

/** Compiles Python files where the machine has a Python, and knows why it could not. */
export class PythonChecker {
  private inspecting: Promise<InspectSource> | undefined;
  private unavailable: string | undefined;

  constructor(
    private readonly python: string,
    private readonly environment: Environment,
  ) {}

  /** The checker of a command: `--python`, else what the servers' variable names, else `python3`. */
  static of({ python }: { readonly python?: string }, environment: Environment): PythonChecker {
    return new PythonChecker(python ?? (environment['TORCHWEAVE_PYTHON'] || 'python3'), environment);
  }

  /** What can be told of a file without running it; undefined where there is no Python to ask. */
  async inspect(source: string, names: readonly string[]): Promise<SourceFacts | undefined> {
    if (this.unavailable !== undefined) return undefined;
    // Loaded for the first file: specs alone need none of it.
    this.inspecting ??= import('@torchweave/composition').then(({ createSourceInspector }) =>
      createSourceInspector(this.python, this.environment),
    );
    const inspect = await this.inspecting;
    const facts = await inspect(source, names);
    if (!('unavailable' in facts)) return facts;
    this.unavailable = facts.unavailable;
    return undefined;
  }

  /** To be said once: that files were not compiled, and why; nothing where all were that were to be. */
  get notes(): readonly string[] {
    if (this.unavailable === undefined) return [];
    return [
      `Python files were not compiled: ${this.unavailable}. Install Python 3.8 or newer, or name one with --python.`,
    ];
  }
}
