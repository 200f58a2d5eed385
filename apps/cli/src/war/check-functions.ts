import type { Problem, ProblemsAndWarnings } from './problem.js';
import type { PythonChecker } from './python-checker.js';
import { topLevelNames } from './python-names.js';

/** A handler file and what it is to have. */
export interface HandlerToCheck {
  readonly source: string;
  /** As problems name it. */
  readonly file: string;
  /** The function nodes of the spec. */
  readonly functions: readonly string[];
  /** False where the spec has faults, so that there may be more functions. */
  readonly areAllFunctions: boolean;
}

/** Compiles a handler file, and finds the function nodes that it does not define or that cannot be called. */
export async function checkFunctions(
  handler: HandlerToCheck,
  python: PythonChecker | undefined,
): Promise<ProblemsAndWarnings> {
  const { source, file, functions } = handler;
  const facts = await python?.inspect(source, functions);
  if (facts === undefined) return { problems: missingByText(handler), warnings: [] };
  if ('fault' in facts) return { problems: [faultProblem(facts.fault, file)], warnings: [] };
  const at = (name: string, message: string): Problem[] => {
    const { line = 1, column = 1 } = facts.functions.get(name) ?? {};
    return [{ rule: 'functions', message, file, line, column }];
  };
  const missing = facts.isOpaque ? [] : functions.filter((name) => !facts.functions.has(name));
  const misfits = [...facts.functions].flatMap(([name, { misfit }]) =>
    misfit === undefined ? [] : at(name, misfitText(name, misfit)),
  );
  const fruitless = [...facts.functions].flatMap(([name, { returns }]) =>
    returns === undefined ? [] : at(name, `the function ${name} returns ${returns}, where a list is needed.`),
  );
  const uncalled = handler.areAllFunctions ? facts.uncalled : [];
  return {
    problems: [...missing.map((name) => missingProblem(name, file)), ...misfits],
    warnings: [
      ...fruitless,
      ...uncalled.map(({ name, line, column }) => ({
        ...{ rule: 'functions', file, line, column },
        message: `nothing calls the function ${name}: it is no node of the dag, and nothing in this file names it.`,
      })),
    ],
  };
}

/** What Python says of a file that it cannot compile. */
export function faultProblem(
  { message, python, line = 1, column = 1 }: { message: string; python?: string; line?: number; column?: number },
  file: string,
): Problem {
  const by = python === undefined ? '' : ` (Python ${python})`;
  return { rule: 'python', message: `${message}${by}.`, file, line, column };
}

/** That a function cannot be called as it is. */
export const misfitText = (name: string, misfit: string): string =>
  `the function ${name} ${misfit}, and is called with two: ${name}(data, context).`;

/** Only a hint, from the text alone: none where the text cannot tell. */
function missingByText({ source, file, functions }: HandlerToCheck): Problem[] {
  const defined = topLevelNames(source);
  if (defined === undefined) return [];
  return functions.filter((name) => !defined.has(name)).map((name) => missingProblem(name, file));
}

function missingProblem(name: string, file: string): Problem {
  const message = `the node ${name} is not under models, so it is a function of this file, which defines no ${name}.`;
  return { rule: 'functions', message, file, line: 1, column: 1 };
}
