import type { ArchiveSourceOptions } from '@torchweave/archive-source';
import { isTorchweaveError, TorchweaveError, type ErrorRecord } from '@torchweave/domain';
import type { ArchiveLimits } from '@torchweave/archive-format';

/** One piece of work that goes through bytes of somebody else's. */
export type ArchiveWork =
  /** Brings the bytes behind a URL, on {@link bytesDescriptor}; the process ends after it. */
  | { readonly kind: 'fetch'; readonly url: string; readonly source: Omit<ArchiveSourceOptions, 'lookup'> }
  /** Unpacks an archive into a folder; its value is the folder with the content. */
  | { readonly kind: 'unpack'; readonly packed: string; readonly into: string; readonly limits: ArchiveLimits }
  /** Reads a spec file; its value is a `SpecReading`. */
  | { readonly kind: 'inspect-spec'; readonly text: string; readonly file: string };

/** A failure as it goes from one process to the other. */
export type Failure =
  | { readonly record: ErrorRecord }
  | { readonly code?: string | undefined; readonly syscall?: string | undefined; readonly message: string };

export type Report =
  /** The bytes begin to come. */
  | { readonly kind: 'opened' }
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** The descriptor of the process on which fetched bytes leave it; 3 is the channel of these messages. */
export const bytesDescriptor = 4;

/** What the other process needs to know of an error. */
export function failureOf(thrown: unknown): Failure {
  if (isTorchweaveError(thrown)) return { record: thrown.toRecord() };
  if (!(thrown instanceof Error)) return { message: String(thrown) };
  const { code, syscall } = thrown as NodeJS.ErrnoException;
  return { code, syscall, message: thrown.message };
}

/** The error again: one of the catalogue, or one with the code of the file system's. */
export function errorOf(failure: Failure): Error {
  if ('record' in failure) return TorchweaveError.fromRecord(failure.record);
  const { code, syscall, message } = failure;
  return Object.assign(new Error(message), {
    ...(code === undefined ? {} : { code }),
    ...(syscall === undefined ? {} : { syscall }),
  });
}
