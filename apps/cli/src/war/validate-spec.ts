import { reviewSpec, type ProbeFile } from '@torchweave/domain';
import { checkModelArchives, type ModelSearch } from './check-model-archives.js';
import { checkModels } from './check-models.js';
import type { ProblemsAndWarnings } from './problem.js';

/** What is wrong with a spec and its models, and what it says of the handler file. */
export interface SpecValidation extends ProblemsAndWarnings {
  /** Nodes that are not under models, as far as they can be made out. */
  readonly functions: readonly string[];
  /** False where the spec has faults, so that there may be more. */
  readonly areAllFunctions: boolean;
  /** Files that a probe needs. */
  readonly probe: readonly ProbeFile[];
  /** Where the key `dag` stands, or the file begins. */
  readonly dag?: { readonly line: number; readonly column: number };
}

/**
 * Finds everything that is wrong with a spec and with the models that it names.
 *
 * @param file as problems name it.
 * @throws CliError for a model store that cannot be read.
 */
export async function validateSpec(
  text: string,
  file: string,
  { modelStore }: { readonly modelStore?: string | undefined },
  search: ModelSearch,
): Promise<SpecValidation> {
  search.sources.set(file, text);
  const review = reviewSpec(text, file);
  const missing = modelStore === undefined ? [] : await checkModels(review, file, modelStore);
  const ofModels = await checkModelArchives(review.models, search);
  return {
    problems: [...review.problems, ...missing, ...ofModels],
    warnings: review.warnings,
    functions: review.functions,
    areAllFunctions: review.problems.length === 0,
    ...{ probe: review.probe, dag: review.dag },
  };
}
