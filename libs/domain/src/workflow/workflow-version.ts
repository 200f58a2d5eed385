/** What is served under a workflow's name, in one of its versions: the identity of models, function units and archives. */
export interface WorkflowVersion {
  readonly workflow: string;
  /** Counts up from 1. */
  readonly version: number;
}

/** What a registration makes. */
export const firstVersion = 1;

/** One text for a version, the same for the same: no workflow has an `@` in its name. */
export const versionId = ({ workflow, version }: WorkflowVersion): string => `${workflow}@${version}`;

/** The version that a {@link versionId} names; of a workflow's own name, the first. */
export function parseVersionId(id: string): WorkflowVersion {
  const at = id.lastIndexOf('@');
  return at < 0
    ? { workflow: id, version: firstVersion }
    : { workflow: id.slice(0, at), version: Number(id.slice(at + 1)) };
}
