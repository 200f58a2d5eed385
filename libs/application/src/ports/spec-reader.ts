import type { SpecReading } from '@torchweave/domain';

/** Reads spec files where they can hurt nobody. */
export interface SpecReader {
  /**
   * Reads the text of a spec file.
   *
   * @param file the name that problems carry.
   * @throws TorchweaveError `archiveLimitExceeded` when that takes too long or too much memory, `archiveUnreadable` when its
   * process dies of it.
   */
  inspect(text: string, file: string): Promise<SpecReading>;
}
