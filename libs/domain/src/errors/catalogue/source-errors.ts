import type { CatalogueArea } from './entry.js';

/** Where an archive should have come from. The data that each carries, by code. */
export interface SourceErrors {
  workflowNotInStore: { url: string };
  workflowStoreMissing: Record<never, never>;
  relativePath: { url: string };
  urlNotAllowed: { url: string };
  addressNotAllowed: { url: string; host: string };
  downloadFailed: { url: string; reason: string };
  archiveTooLarge: { url: string; limitBytes: number };
  digestMismatch: { url: string; expected: string; actual: string };
  uploadBesideUrl: Record<never, never>;
  uploadTooLarge: { limitBytes: number };
  uploadDigestMismatch: { expected: string; actual: string };
  uploadMissing: { digest: string };
}

/** Object stores' own addresses, which people give by analogy; any other scheme is answered as TorchServe answers it. */
const objectStore = /^(s3[an]?|gc?s|az|abfss?|wasbs?|adl|r2|oss|cos|obs|hf|hdfs|dbfs):\/\//i;

function hintForObjectStore(url: string): string {
  const scheme = objectStore.exec(url)?.[1];
  if (scheme === undefined) return '';
  return `. ${scheme}:// addresses are not read: give an https:// URL of the archive, a presigned one where it is private.`;
}

export const sourceErrors: CatalogueArea<SourceErrors> = {
  workflowNotInStore: {
    type: 'WorkflowNotFoundException',
    status: 404,
    message: (d) => `Workflow not found in workflow store: ${d.url}${hintForObjectStore(d.url)}`,
  },
  workflowStoreMissing: {
    type: 'WorkflowNotFoundException',
    status: 404,
    message: () => 'Workflow store has not been configured. Start with --workflow-store DIR or register by URL.',
  },
  relativePath: {
    type: 'WorkflowNotFoundException',
    status: 404,
    message: (d) => `Relative path is not allowed in url: ${d.url}`,
  },
  urlNotAllowed: {
    type: 'WorkflowNotFoundException',
    status: 404,
    message: (d) => `Given URL ${d.url} does not match any allowed URL(s)`,
  },
  addressNotAllowed: {
    type: 'WorkflowNotFoundException',
    status: 404,
    message: (d) =>
      `Given URL ${d.url} leads to a private address (host ${d.host}). Set allow_private_addresses=true to allow that.`,
  },
  downloadFailed: {
    type: 'DownloadArchiveException',
    status: 400,
    message: (d) => `Failed to download archive from: ${d.url}`,
    shows: ['reason'],
  },
  archiveTooLarge: {
    type: 'DownloadArchiveException',
    status: 400,
    message: (d) => `The archive at ${d.url} is larger than the limit of ${d.limitBytes} bytes.`,
  },
  digestMismatch: {
    type: 'DownloadArchiveException',
    status: 400,
    message: (d) => `The archive at ${d.url} has sha256 ${d.actual}, not ${d.expected} as the request demands.`,
  },
  uploadBesideUrl: {
    type: 'BadRequestException',
    status: 400,
    message: () => 'The request has both a url and an archive in its body. Send one of them.',
  },
  uploadTooLarge: {
    type: 'RequestEntityTooLargeException',
    status: 413,
    message: (d) => `The uploaded archive is larger than max_archive_size, ${d.limitBytes} bytes.`,
  },
  uploadDigestMismatch: {
    type: 'BadRequestException',
    status: 400,
    message: (d) => `The uploaded archive has sha256 ${d.actual}, not ${d.expected} as the request demands.`,
  },
  uploadMissing: {
    type: 'InternalServerException',
    status: 500,
    message: (d) =>
      `The uploaded archive ${d.digest} is not in the archive store of the worker. Give api, worker and gateway the same ` +
      '--archive-store; where it has waited for a worker for more than an hour, send it again.',
  },
};
