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
  /** What its answers say. */
  readonly version: string;
  /** The name of its file without `.war`; as `version` where it is absent. */
  readonly file?: string;
  /** What its probe wants for an answer; it has none without. */
  readonly expected?: number;
  /** What stands behind `pre`; `missing` is a function that the handler does not have. */
  readonly after?: 'post' | 'missing' | 'up';
  /** Default 0; the spec's own default is 1, as TorchServe's. */
  readonly retryAttempts?: number;
}

/** Writes a version of workflow `w` into a store: a function before and one behind, with `up` a model on a model server between them. */
export async function writeVersion(store: string, archive: VersionedArchive): Promise<void> {
  const { version, after = 'post', retryAttempts = 0, file = version, expected } = archive;
  const withModel = after === 'up';
  const models = withModel ? { up: { url: 'upper.mar' } } : {};
  const dag = { pre: [after], ...(withModel ? { up: ['post'] } : {}) };
  const spec = specText({ models, dag, settings: { 'retry-attempts': retryAttempts } });
  const probed = { ...(JSON.parse(spec) as object), probe: { file: 'probe.txt', answer: 'answer.json' } };
  const files = workflowFiles({
    ...{ name: 'w', spec: expected === undefined ? spec : JSON.stringify(probed), handler: handlerOf(version) },
    files: { 'probe.txt': 'x', 'answer.json': JSON.stringify(expected ?? null) },
  });
  writeFileSync(join(store, `${file}.war`), await zipOf(files));
}
