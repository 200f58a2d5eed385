import { TorchweaveError } from '@torchweave/domain';
import type { ArchiveLimits } from './limits.js';

const refuse = (entry: string, reason: string): never => {
  throw new TorchweaveError('archiveEntryRefused', { entry, reason });
};

/**
 * Decides which names the entries of one archive may have: inside the folder, each once, on any file system.
 */
export class EntryNames {
  /** Folded name to the entry's kind and its name as written. */
  private readonly seen = new Map<string, { kind: 'file' | 'folder'; path: string }>();
  private entries = 0;

  constructor(private readonly limits: ArchiveLimits) {}

  /**
   * @param name as the archive writes it.
   * @returns the path relative to the folder; empty for the folder itself.
   * @throws TorchweaveError `archiveEntryRefused`, `archiveLimitExceeded`.
   */
  accept(name: string, kind: 'file' | 'folder'): string {
    this.entries += 1;
    const { maxEntries } = this.limits;
    if (this.entries > maxEntries) throw new TorchweaveError('archiveLimitExceeded', { limit: 'entries', allowed: maxEntries });
    const path = name.replace(/^(\.\/)+/, '').replace(kind === 'folder' ? /\/+$/ : /$^/, '');
    if (kind === 'folder' && (path === '' || path === '.')) return '';
    this.check(name, path);
    this.claim(path, kind);
    return path;
  }

  private check(name: string, path: string): void {
    if (path === '' || path.endsWith('/')) refuse(name, 'it has no file name.');
    if (path.startsWith('/')) refuse(name, 'it is an absolute path.');
    if (/^[A-Za-z]:/.test(path)) refuse(name, 'it has a drive letter.');
    if (path.includes('\\')) refuse(name, 'it holds a backslash.');
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    if (/[\u0000-\u001f\u007f]/.test(path)) refuse(JSON.stringify(name), 'it holds a control character.');
    const parts = path.split('/');
    if (parts.includes('..')) refuse(name, 'it leads out of the archive (zip slip).');
    if (parts.some((part) => part === '' || part === '.')) refuse(name, 'it has an empty part.');
    if (parts.length - 1 > this.limits.maxDepth) refuse(name, `it is deeper than ${this.limits.maxDepth} folders.`);
    if (parts.some((part) => Buffer.byteLength(part) > this.limits.maxNameBytes)) refuse(name, 'its name is too long.');
  }

  /** Takes the path and its folders; two names that one file system could take for one are refused. */
  private claim(path: string, kind: 'file' | 'folder'): void {
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth += 1) this.claimOne(parts.slice(0, depth).join('/'), 'folder', path);
    this.claimOne(path, kind, path);
  }

  private claimOne(path: string, kind: 'file' | 'folder', entry: string): void {
    const folded = path.normalize('NFC').toLowerCase();
    const before = this.seen.get(folded);
    if (before === undefined) this.seen.set(folded, { kind, path });
    else if (before.path !== path) refuse(entry, `it differs from "${before.path}" by case or Unicode form alone.`);
    else if (before.kind !== kind) refuse(entry, `"${path}" is a file and a folder.`);
    else if (kind === 'file') refuse(entry, 'it is there twice.');
  }
}
