import type { RegistrationPayload } from '../../job-catalogue/payloads.js';
import type { ArchiveSource } from '../../ports/archive-source.js';
import type { ArchiveStore } from '../../ports/archive-store.js';
import { pinnedContent } from '../pinned-content.js';
import type { Step } from '../saga/step.js';
import { assertUploaded } from '../uploaded-archives.js';

export interface FetchArchivePorts {
  readonly source: ArchiveSource;
  readonly archives: ArchiveStore;
}

type Payload = Pick<RegistrationPayload, 'url' | 'sha256' | 'uploaded'>;

/** What is fetched and never used is swept when nobody has used it for a while. */
export const fetchArchive: Step<FetchArchivePorts, Payload, { readonly digest: string }, unknown> = {
  name: 'fetch-archive',
  title: 'Fetch the archive into the store',
  run: async ({ ports: { source, archives }, signal }, { url, sha256, uploaded }) => {
    if (uploaded !== undefined) {
      await assertUploaded(archives, uploaded);
      return { digest: uploaded };
    }
    const content = await source.open(url, signal);
    const { digest } = await archives.put(sha256 === undefined ? content : pinnedContent(content, url, sha256));
    return { digest };
  },
};
