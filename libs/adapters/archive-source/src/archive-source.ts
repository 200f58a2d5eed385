import type { ArchiveSource } from '@torchweave/application';
import { AllowList, looksLikeUrl } from './allow-list.js';
import { openFileArchive } from './file-archive.js';
import { HttpArchive, type HttpArchiveOptions } from './http-archive.js';
import { limitBytes } from './limit-bytes.js';
import { openStoreArchive } from './store-archive.js';

export interface ArchiveSourceOptions extends Omit<HttpArchiveOptions, 'allowList'> {
  /** Folder of the archives that may be named without a URL. */
  readonly workflowStore?: string;
  /** TorchServe's `allowed_urls`: regular expressions that must match the whole URL. */
  readonly allowedUrls: readonly string[];
}

/**
 * Archives from the workflow store, from `http(s)://` and from `file://`. A URL is held against the allow-list before anything is
 * opened or resolved.
 *
 * @throws TorchweaveError `configurationInvalid` for an allow-list that cannot be read.
 */
export function createArchiveSource(options: ArchiveSourceOptions): ArchiveSource {
  const allowList = new AllowList(options.allowedUrls);
  const http = new HttpArchive({ ...options, allowList });
  return {
    async open(url, signal) {
      if (!looksLikeUrl(url)) return limitBytes(await openStoreArchive(options.workflowStore, url), url, options.maxArchiveBytes);
      allowList.assertAllowed(url);
      if (/^file:/i.test(url)) return limitBytes(await openFileArchive(url), url, options.maxArchiveBytes);
      return http.open(url, signal);
    },
  };
}
