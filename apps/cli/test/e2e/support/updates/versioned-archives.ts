import { specText, workflowFiles, zipOf } from '@torchweave/testing/builders';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Answers which version it is; one that is `broken` fails for every request. */
const handlerOf = (version: string): string => `
def pre(data, context):
    return None if data is None else [row["body"] for row in data]

def post(data, context):
    if data is None:
        return None
    if "${version}" == "broken":
        raise RuntimeError("this version was made to fail")
    return ["${version}"]
`;

export interface VersionedArchive {
  /** What its answers say, and the name of its file without `.war`. */
  readonly version: string;
  /** What stands behind `pre`; `missing` is a function that the handler does not have. */
  readonly after?: 'post' | 'missing' | 'up';
  /** Default 0; the spec's own default is 1, as TorchServe's. */
  readonly retryAttempts?: number;
}

/** Writes a version of workflow `w` into a store: a function before and one behind, with `up` a model on a model server between them. */
export async function writeVersion(store: string, archive: VersionedArchive): Promise<void> {
  const { version, after = 'post', retryAttempts = 0 } = archive;
  const withModel = after === 'up';
  const models = withModel ? { up: { url: 'upper.mar' } } : {};
  const dag = { pre: [after], ...(withModel ? { up: ['post'] } : {}) };
  const spec = specText({ models, dag, settings: { 'retry-attempts': retryAttempts } });
  const files = workflowFiles({ name: 'w', spec, handler: handlerOf(version) });
  writeFileSync(join(store, `${version}.war`), await zipOf(files));
}
