import { TorchweaveError } from '../errors/torchweave-error.js';
import { jsonFault } from './json-fault.js';
import { assertWorkflowName } from '../workflow/name.js';

/** Where a workflow archive keeps its manifest. */
export const manifestPath = 'WAR-INF/MANIFEST.json';

/** The manifest of a `.war` as torch-workflow-archiver writes it. */
export interface Manifest {
  readonly createdOn: string;
  readonly archiverVersion: string;
  readonly workflow: {
    readonly workflowName: string;
    /** Path of the YAML spec inside the archive. */
    readonly specFile: string;
    /** Path of the Python file of the function nodes inside the archive; absent where all nodes are models. */
    readonly handler?: string;
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A path that stays inside the archive: relative, no `..`, no backslash, no drive letter. */
export function isInsidePath(path: string): boolean {
  if (path === '' || path.startsWith('/') || /^[A-Za-z]:/.test(path) || /[\\\0]/.test(path)) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

function assertShort(text: string, field: string): string {
  if (text.length <= longestText) return text;
  throw new TorchweaveError('manifestFieldInvalid', { field, reason: `has more than ${longestText} characters` });
}

function readPath(value: unknown, field: string): string {
  if (typeof value !== 'string')
    throw new TorchweaveError('manifestFieldInvalid', { field, reason: 'is not a string' });
  assertShort(value, field);
  if (!isInsidePath(value)) {
    throw new TorchweaveError('manifestFieldInvalid', { field, reason: `"${value}" is not a path inside the archive` });
  }
  return value;
}

/** Characters of a text or path: it is kept as long as the workflow is there. */
const longestText = 1_024;

/** Gson, TorchServe's reader, takes a number or a truth value for its text. */
function readText(value: unknown, field: string): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return assertShort(String(value), field);
  }
  throw new TorchweaveError('manifestFieldInvalid', { field, reason: 'is not a text' });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new TorchweaveError(
      'manifestMalformed',
      { reason: `${jsonFault(text.replace(/^\uFEFF/, ''))}.` },
      { cause: error },
    );
  }
}

/**
 * Reads and checks a manifest, in the order of TorchServe's `WorkflowArchive.validate`.
 *
 * @param nameOverride the request's `workflow_name`; wins over the manifest's.
 * @throws TorchweaveError of the manifest's or the name's fault.
 */
export function parseManifest(text: string, nameOverride?: string): Manifest {
  const json = readJson(text);
  if (!isObject(json)) throw new TorchweaveError('manifestMalformed', { reason: 'it is not a JSON object' });
  const workflow = json['workflow'];
  if (!isObject(workflow)) throw new TorchweaveError('manifestWithoutWorkflow', {});

  const workflowName = nameOverride ?? workflow['workflowName'];
  if (workflowName === undefined || workflowName === null) throw new TorchweaveError('workflowNameMissing', {});
  const { archiverVersion, createdOn } = json;
  if (archiverVersion === undefined || archiverVersion === null)
    throw new TorchweaveError('archiverVersionMissing', {});
  if (createdOn === undefined || createdOn === null) throw new TorchweaveError('createdOnMissing', {});
  if (typeof workflowName !== 'string') {
    throw new TorchweaveError('manifestFieldInvalid', { field: 'workflow.workflowName', reason: 'is not a string' });
  }
  assertWorkflowName(workflowName);

  const { specFile, handler } = workflow;
  if (specFile === undefined || specFile === null) throw new TorchweaveError('specFileUndefined', {});
  return {
    createdOn: readText(createdOn, 'createdOn'),
    archiverVersion: readText(archiverVersion, 'archiverVersion'),
    workflow: {
      workflowName,
      specFile: readPath(specFile, 'workflow.specFile'),
      ...(handler === undefined || handler === null ? {} : { handler: readPath(handler, 'workflow.handler') }),
    },
  };
}
