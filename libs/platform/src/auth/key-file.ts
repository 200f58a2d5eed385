import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { formatKeyDocument, parseKeyDocument, type KeyDocument } from './key-document.js';

/** The key file on disk. Several processes may share one: it is only ever replaced as a whole. */
export class KeyFile {
  constructor(readonly path: string) {}

  /** Differs whenever the file is another one; undefined where there is none. */
  get stamp(): string | undefined {
    const stat = statSync(this.path, { bigint: true, throwIfNoEntry: false });
    return stat === undefined ? undefined : `${stat.ino}:${stat.mtimeNs}:${stat.size}`;
  }

  /** True when others than its owner may read it. */
  get isExposed(): boolean {
    return (statSync(this.path).mode & 0o077) !== 0;
  }

  /** @throws Error that quotes nothing of the file. */
  read(): KeyDocument {
    return parseKeyDocument(readFileSync(this.path, 'utf8'));
  }

  /**
   * Writes the file where there is none. Of two processes that do so at once one wins, and both read the same keys.
   *
   * @returns whether this call has written it.
   */
  create(document: KeyDocument): boolean {
    if (this.stamp !== undefined) return false;
    const temporary = this.writeBeside(document);
    try {
      // Unlike a rename it fails where the file is there by now.
      linkSync(temporary, this.path);
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
      throw error;
    } finally {
      rmSync(temporary);
    }
  }

  /** Replaces the file; a change that another process makes meanwhile is kept. */
  change(apply: (document: KeyDocument) => KeyDocument): KeyDocument {
    for (;;) {
      const { stamp } = this;
      const changed = apply(this.read());
      const temporary = this.writeBeside(changed);
      if (this.stamp === stamp) {
        renameSync(temporary, this.path);
        return changed;
      }
      rmSync(temporary);
    }
  }

  private writeBeside(document: KeyDocument): string {
    const temporary = `${this.path}.${randomUUID()}.tmp`;
    writeFileSync(temporary, formatKeyDocument(document), { mode: 0o600, flag: 'wx', flush: true });
    return temporary;
  }
}
