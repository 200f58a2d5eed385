import { inspectSource, scrubbedEnvironment, type NoPython, type SourceFacts } from '@torchweave/python-runtime';

/** Compiles a Python file and runs nothing of it; `names` are functions that it is asked for. */
export type InspectSource = (source: string, names: readonly string[]) => Promise<SourceFacts | NoPython>;

/**
 * How to look at Python files.
 *
 * @param environment of this process; Python sees a harmless part of it.
 */
export function createSourceInspector(
  python: string,
  environment: Readonly<Record<string, string | undefined>>,
): InspectSource {
  const options = { python, environment: scrubbedEnvironment(environment) };
  return (source, names) => inspectSource(source, names, options);
}
