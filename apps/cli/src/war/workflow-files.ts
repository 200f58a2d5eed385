/** The files of a workflow, wherever they lie. */
export interface WorkflowFiles {
  /** The archive or folder, as the caller named it. */
  readonly name: string;
  /**
   * A small text; undefined where there is no such file.
   *
   * @throws TorchweaveError `archiveEntryRefused` for what is not a text.
   */
  readText(path: string): Promise<string | undefined>;
}

/** How problems name a file of a workflow: a path where the workflow is a folder, and like one where it is packed. */
export const nameOfFile = (files: WorkflowFiles, path: string): string => `${files.name}/${path}`;
