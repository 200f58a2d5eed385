import type { Files } from './archives.js';

/** The parts of a model archive. Any of them may be wrong. */
export interface ModelParts {
  /** What the manifest says of the model beside its name and version; `undefined` takes a key away. */
  readonly model?: Readonly<Record<string, unknown>>;
  /** Text of the handler file, `handler.py`; none where it is null. */
  readonly handler?: string | null;
  readonly files?: Files;
}

const passOn = 'def handle(data, context):\n    return None if data is None else [row["body"] for row in data]\n';

/** The files of a model archive, to be packed with `zipOf` or `tarGzOf`. */
export function modelFiles({ model = {}, handler = passOn, files = {} }: ModelParts = {}): Files {
  const manifest = {
    createdOn: '23/11/2026 00:00:00',
    runtime: 'python',
    model: { modelName: 'model', modelVersion: '1.0', handler: 'handler.py', ...model },
    archiverVersion: '0.12.0',
  };
  return {
    'MAR-INF/MANIFEST.json': JSON.stringify(manifest),
    ...(handler === null ? {} : { 'handler.py': handler }),
    ...files,
  };
}
