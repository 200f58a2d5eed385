/** Reaches archives where the client says they are: the workflow store, `http(s)://` or `file://`. */
export interface ArchiveSource {
  /**
   * Opens the archive at `url` after checking that it may be read at all.
   *
   * The stream ends with a TorchweaveError when the transfer breaks or the size limit is passed.
   *
   * @throws TorchweaveError `workflowNotInStore`, `relativePath`, `urlNotAllowed`, `addressNotAllowed`,
   * `downloadFailed`, `archiveTooLarge`, `workflowStoreMissing`.
   */
  open(url: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}
