import { isTorchweaveError, type ErrorCode, type TorchweaveError } from '@torchweave/domain';
import type { ArchiveStore } from '../ports/archive-store.js';
import type { Logger } from '../ports/logger.js';
import type { WorkflowState } from '../ports/workflow-state.js';
import type { WorkflowVersions } from '../ports/workflow-versions.js';
import { usedArchives } from '../workflow-management/used-archives.js';

export interface ForgetPorts {
  readonly archives: ArchiveStore;
  readonly state: WorkflowState;
  readonly versions: Pick<WorkflowVersions, 'definitions'>;
  readonly logger: Logger;
}

/** Faults of an archive that no parameter of a registration mends; and a store that has room for it packed, and not unpacked. */
const unusable = new Set<ErrorCode>([
  'archiveStoreFull',
  ...(['archiveUnreadable', 'archiveEntryRefused', 'archiveLimitExceeded', 'manifestMissing'] as const),
  ...(['manifestMalformed', 'manifestWithoutWorkflow', 'archiverVersionMissing', 'createdOnMissing'] as const),
  ...(['specFileUndefined', 'specFileMissing', 'specInvalid', 'dagInvalid'] as const),
]);

/** A name that the manifest lacks, or that is none, a registration may give. */
function isUnusable(error: TorchweaveError): boolean {
  if (isTorchweaveError(error, 'manifestFieldInvalid')) return error.data.field !== 'workflow.workflowName';
  return unusable.has(error.code);
}

/** What no registration can use is not kept; what another one may use is swept when nobody has for a while. */
export async function forgetUnusable(
  { archives, state, versions, logger }: ForgetPorts,
  digest: string,
  thrown: unknown,
): Promise<void> {
  if (!isTorchweaveError(thrown) || !isUnusable(thrown)) return;
  try {
    // A workflow may have it from a time of other rules.
    if (!(await usedArchives(state, versions)).mayHave(digest)) await archives.remove(digest);
  } catch (error) {
    logger.warn({ digest, err: error }, 'an archive that was refused cannot be removed; it is swept later');
  }
}
