import type { Files } from './archives.js';

/** The parts of a spec. Any of them may be wrong: that is what tests are for. */
export interface SpecParts {
  /** Settings of all models: `min-workers`, `timeout-ms`, … */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly models?: Readonly<Record<string, unknown>>;
  readonly dag?: unknown;
}

/** The text of a spec; a chain of one model, where nothing else is said. JSON is YAML. */
export function specText(parts: SpecParts = {}): string {
  const { settings = {}, models = { up: { url: 'upper.mar' } }, dag = { up: [] } } = parts;
  return JSON.stringify({ models: { ...settings, ...models }, dag }, null, 2);
}

/** The text of a manifest as torch-workflow-archiver writes it; `undefined` takes a field away. */
export function manifestText(workflow: Readonly<Record<string, unknown>> = {}, top: object = {}): string {
  return JSON.stringify({
    createdOn: '23/11/2026 00:00:00',
    workflow: { workflowName: 'chain', specFile: 'spec.yaml', handler: 'h.py', ...workflow },
    archiverVersion: '0.2.15',
    ...top,
  });
}

export interface WorkflowParts {
  readonly name?: string;
  /** Text of the spec file. */
  readonly spec?: string;
  /** Text of the handler file; none where it is null. */
  readonly handler?: string | null;
  readonly files?: Files;
}

const passOn = 'def pre(data, context):\n    return None if data is None else [row["body"] for row in data]\n';

/** The files of a workflow archive, to be packed with `zipOf` or `tarGzOf`. */
export function workflowFiles(parts: WorkflowParts = {}): Files {
  const { name = 'chain', spec = specText({ dag: { pre: ['up'] } }), handler = passOn, files = {} } = parts;
  const isHandled = handler !== null;
  return {
    'WAR-INF/MANIFEST.json': manifestText({ workflowName: name, handler: isHandled ? 'h.py' : undefined }),
    'spec.yaml': spec,
    ...(isHandled ? { 'h.py': handler } : {}),
    ...files,
  };
}
