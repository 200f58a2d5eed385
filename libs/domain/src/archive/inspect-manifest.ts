import { isCollection, isMap, isNode, parseDocument } from 'yaml';
import type { SpecProblem } from '../errors/catalogue/archive-errors.js';
import type { ErrorCode } from '../errors/catalogue/catalogue.js';
import { isTorchweaveError, type TorchweaveError } from '../errors/torchweave-error.js';
import { LineStarts, type Place } from '../spec/line-starts.js';
import { parseManifest } from './manifest.js';

/** What a manifest says, as far as it can be made out, and all that is wrong with it. */
export interface ManifestReading {
  readonly problems: readonly SpecProblem[];
  /** Absent where the manifest does not name it, or names what cannot be one. */
  readonly workflowName?: string;
  readonly specFile?: string;
  /** null where there is no handler; absent where it cannot be made out. */
  readonly handler?: string | null;
}

const rule = 'manifest';

/** The field at fault, by the error that tells it. */
const fields: Partial<Record<ErrorCode, readonly string[]>> = {
  manifestWithoutWorkflow: ['workflow'],
  workflowNameMissing: ['workflow', 'workflowName'],
  workflowNameInvalid: ['workflow', 'workflowName'],
  archiverVersionMissing: ['archiverVersion'],
  createdOnMissing: ['createdOn'],
  specFileUndefined: ['workflow', 'specFile'],
};

function fieldOf(error: TorchweaveError): readonly string[] | undefined {
  return isTorchweaveError(error, 'manifestFieldInvalid') ? error.data.field.split('.') : fields[error.code];
}

/** A field's value, the mapping that lacks it, or the beginning. JSON is YAML, and YAML's reader knows the places. */
function placeFinder(text: string): (field: readonly string[]) => Place {
  const lines = new LineStarts(text);
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: false });
  return (field) => {
    if (field.length === 0) return lines.placeOf(document.errors[0]?.pos[0] ?? 0);
    let at: unknown = document.contents;
    for (const key of field) {
      const next: unknown = isMap(at) ? at.get(key, true) : undefined;
      if (!isNode(next)) break;
      at = next;
    }
    return lines.placeOf((isCollection(at) || isNode(at) ? at.range?.[0] : undefined) ?? 0);
  };
}

/** The manifest with a value in the place of the one at fault, so that the next fault comes to light. */
function withStandIn(json: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined) return 'stand-in';
  const members = typeof json === 'object' && json !== null ? json : {};
  const inner: unknown = Object.getOwnPropertyDescriptor(members, key)?.value;
  const whole = { workflowName: 'stand-in', specFile: 'stand-in' };
  return { ...members, [key]: key === 'workflow' && rest.length === 0 ? whole : withStandIn(inner, rest) };
}

/**
 * Finds every fault of a manifest. Its reader stops at the first, and is the only one to know the rules: so each fault it finds is mended in
 * a copy, which it reads again.
 *
 * @param file the name that problems carry.
 */
export function inspectManifest(text: string, file: string): ManifestReading {
  const placeOf = placeFinder(text);
  const problems: SpecProblem[] = [];
  const mended = new Set<string>();
  for (let current = text; ;) {
    try {
      const { workflow } = parseManifest(current);
      const isKnown = (key: string): boolean => !mended.has('workflow') && !mended.has(`workflow.${key}`);
      return {
        problems,
        ...(isKnown('workflowName') ? { workflowName: workflow.workflowName } : {}),
        ...(isKnown('specFile') ? { specFile: workflow.specFile } : {}),
        ...(isKnown('handler') ? { handler: workflow.handler ?? null } : {}),
      };
    } catch (error) {
      if (!isTorchweaveError(error)) throw error;
      const field = fieldOf(error) ?? [];
      problems.push({ rule, message: error.message, file, ...placeOf(field) });
      if (field.length === 0 || mended.has(field.join('.'))) return { problems };
      mended.add(field.join('.'));
      current = JSON.stringify(withStandIn(JSON.parse(current.replace(/^\uFEFF/, '')), field));
    }
  }
}
