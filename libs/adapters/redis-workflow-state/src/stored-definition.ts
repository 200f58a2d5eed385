import { firstVersion, type NodeKind, type WorkflowDefinition } from '@torchweave/domain';

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

const has = (value: unknown, checks: Readonly<Record<string, Check>>): boolean =>
  isObject(value) && Object.entries(checks).every(([field, check]) => check(value[field]));

const settings = { retryAttempts: isNumber, timeoutMs: isNumber };
const anyNode = { name: isText, modelName: isText, parents: isTexts, children: isTexts, ...settings };
/** What a stored node of each kind must have. */
const nodes: Readonly<Record<NodeKind, Readonly<Record<string, Check>>>> = {
  function: anyNode,
  model: {
    ...anyNode,
    url: isText,
    digest: optional(isText),
    ...{ minWorkers: isNumber, maxWorkers: isNumber, batchSize: isNumber, maxBatchDelay: isNumber },
  },
};
const workflowOfManifest = { workflowName: isText, specFile: isText, handler: optional(isText) };
const manifest = {
  createdOn: isText,
  archiverVersion: isText,
  workflow: (value: unknown) => has(value, workflowOfManifest),
};

const isKind = (kind: unknown): kind is NodeKind => typeof kind === 'string' && Object.hasOwn(nodes, kind);

const isNode: Check = (value) => isObject(value) && isKind(value['kind']) && has(value, nodes[value['kind']]);

/** Every node's parents and children are nodes: what walks them finds them. */
function areNodes(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isNode)) return false;
  const nodes = value as WorkflowDefinition['nodes'];
  const names = new Set(nodes.map(({ name }) => name));
  if (names.size !== nodes.length) return false;
  return nodes.every(({ parents, children }) => [...parents, ...children].every((other) => names.has(other)));
}

/** What 0.1.0 wrote has none. */
const isVersion: Check = (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= firstVersion;

const probe = { file: isText, contentType: isText, status: optional(isNumber), answer: optional(isText) };
const isProbe: Check = (value) => has(value, probe);

const definition = {
  name: isText,
  version: optional(isVersion),
  url: isText,
  digest: (value: unknown) => typeof value === 'string' && /^[\da-z]{1,128}$/i.test(value),
  manifest: (value: unknown) => has(value, manifest),
  globals: isObject,
  nodes: areNodes,
  dagText: isText,
  probe: optional(isProbe),
};

/**
 * Today's definition of what 0.1.0, or this version, has written; undefined where anything that it must have is not there, or of
 * another type.
 */
export function readDefinition(value: unknown): WorkflowDefinition | undefined {
  if (!has(value, definition)) return undefined;
  return { version: firstVersion, ...(value as object) } as WorkflowDefinition;
}
