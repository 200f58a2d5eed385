import type { ArchiveSource } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { AllowList } from './allow-list.js';
import { isFileUrl, isRelative, looksLikeUrl } from './archive-url.js';
import { openFileArchive } from './file-archive.js';
import { HttpArchives, type HttpOptions } from './http-archive.js';
import { openStoreArchive } from './store-archive.js';

export interface ArchiveSourceOptions extends HttpOptions {
  /** Folder of the archives that may be named without a URL. */
  readonly workflowStore?: string;
  /** TorchServe's `allowed_urls`: Java regular expressions, one of which must match the whole URL. */
  readonly allowedUrls: readonly string[];
}

/**
 * Archives of the workflow store, of `http(s)://` and of `file://`. A URL is held against the allow-list before anything
 * is resolved or opened.
 *
 * @throws TorchweaveError `configurationInvalid` for an allow-list that cannot be read.
 */
export function createArchiveSource(options: ArchiveSourceOptions): ArchiveSource {
  const { workflowStore, maxArchiveBytes: maxBytes } = options;
  const allowList = new AllowList(options.allowedUrls);
  const http = new HttpArchives(options, allowList);
  return {
    async open(url, signal) {
      signal.throwIfAborted();
      if (!looksLikeUrl(url)) return openStoreArchive(workflowStore, { url, maxBytes, signal });
      if (!allowList.allows(url)) throw new TorchweaveError('urlNotAllowed', { url });
      if (isRelative(url)) throw new TorchweaveError('relativePath', { url });
      return isFileUrl(url) ? openFileArchive({ url, maxBytes, signal }) : http.open(url, signal);
    },
  };
}
