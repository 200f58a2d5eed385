import { TorchweaveError } from '@torchweave/domain';
import type { ArchiveLimits } from './limits.js';

export type EntryKind = 'file' | 'folder';

/** bytes: far below what file systems allow, with room for the store's own folder. */
const maxPathBytes = 1_024;

/** @throws TorchweaveError `archiveEntryRefused`. */
export function refuseEntry(entry: string, reason: string): never {
  throw new TorchweaveError('archiveEntryRefused', { entry, reason });
}

/** Decides which paths the entries of one archive may have: inside the folder, each once, on any file system. */
export class EntryNames {
  /** By the name that a file system blind to case and Unicode form would see. */
  private readonly taken = new Map<string, { readonly kind: EntryKind; readonly path: string }>();
  private entries = 0;
  private folders = 0;

  constructor(private readonly limits: ArchiveLimits) {}

  /**
   * Takes an entry's name, as the archive writes it, and gives its path below the folder.
   *
   * @throws TorchweaveError `archiveEntryRefused`, `archiveLimitExceeded`.
   */
  accept(name: string, kind: EntryKind): string {
    this.entries += 1;
    const { maxEntries } = this.limits;
    if (this.entries > maxEntries) {
      throw new TorchweaveError('archiveLimitExceeded', { limit: 'entries', allowed: maxEntries });
    }
    const path = kind === 'folder' ? name.replace(/\/$/, '') : name;
    this.check(name, path);
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth += 1) this.take(parts.slice(0, depth).join('/'), 'folder', name);
    this.take(path, kind, name);
    return path;
  }

  private check(name: string, path: string): void {
    const { maxDepth, maxNameBytes } = this.limits;
    const parts = path.split('/');
    if (/[\u0000-\u001f\u007f]/.test(path)) refuseEntry(name, 'it holds a control character');
    if (path.startsWith('/')) refuseEntry(name, 'it is an absolute path');
    if (/^[A-Za-z]:/.test(path)) refuseEntry(name, 'it has a drive letter');
    if (path.includes('\\')) refuseEntry(name, 'it holds a backslash');
    if (parts.includes('..')) refuseEntry(name, 'it leads out of the archive');
    if (parts.some((part) => part === '' || part === '.')) refuseEntry(name, 'a part of its path is empty');
    if (parts.length - 1 > maxDepth) refuseEntry(name, `it lies more than ${maxDepth} folders deep`);
    if (parts.some((part) => Buffer.byteLength(part) > maxNameBytes)) {
      refuseEntry(name, `a part of its path has more than ${maxNameBytes} bytes`);
    }
    if (Buffer.byteLength(path) > maxPathBytes) refuseEntry(name, `its path has more than ${maxPathBytes} bytes`);
  }

  /** Most are named by nothing but what lies in them. */
  private countFolder(): void {
    this.folders += 1;
    const { maxEntries } = this.limits;
    if (this.folders > maxEntries) {
      throw new TorchweaveError('archiveLimitExceeded', { limit: 'folders', allowed: maxEntries });
    }
  }

  private take(path: string, kind: EntryKind, name: string): void {
    const folded = path.normalize('NFC').toLowerCase().normalize('NFC');
    const before = this.taken.get(folded);
    if (before === undefined) {
      this.taken.set(folded, { kind, path });
      if (kind === 'folder') this.countFolder();
    } else if (before.path !== path)
      refuseEntry(name, `it differs from "${before.path}" by case or Unicode form alone`);
    else if (before.kind !== kind) refuseEntry(name, `"${path}" is both a file and a folder`);
    else if (kind === 'file') refuseEntry(name, 'the archive has it twice');
  }
}
