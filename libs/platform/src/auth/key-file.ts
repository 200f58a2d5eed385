import { codeOf } from '@torchweave/kernel';
import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { FileLock } from './file-lock.js';
import { formatKeyDocument, parseKeyDocument, type KeyDocument } from './key-document.js';

/** Changes of the file by hand that a change of ours may run into. */
const mostTries = 100;

/** The key file on disk. Several processes may share one: it is only ever replaced as a whole. */
export class KeyFile {
  constructor(readonly path: string) {}

  /** Differs whenever the file is another one; undefined where there is none. */
  get stamp(): string | undefined {
    const stat = statSync(this.path, { bigint: true, throwIfNoEntry: false });
    return stat === undefined ? undefined : `${stat.ino}:${stat.mtimeNs}:${stat.ctimeNs}:${stat.size}`;
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
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    } finally {
      rmSync(temporary);
    }
  }

  /**
   * Replaces the file. Other processes that change it wait for that; a change that somebody makes by hand meanwhile is kept.
   *
   * @throws Error with the code `ELOCKED` when another process does not let it go, or what the file system says.
   */
  change(apply: (document: KeyDocument) => KeyDocument): KeyDocument {
    return new FileLock(`${this.path}.lock`).hold((lock) => {
      for (let tries = 0; tries < mostTries; tries += 1) {
        const { stamp } = this;
        const changed = apply(this.read());
        const temporary = this.writeBeside(changed);
        try {
          if (this.stamp === stamp) {
            lock.assertHeld();
            renameSync(temporary, this.path);
            return changed;
          }
        } finally {
          rmSync(temporary, { force: true });
        }
      }
      throw new Error('it is changed all the time');
    });
  }

  private writeBeside(document: KeyDocument): string {
    const temporary = `${this.path}.${randomUUID()}.tmp`;
    writeFileSync(temporary, formatKeyDocument(document), { mode: 0o600, flag: 'wx', flush: true });
    return temporary;
  }
}
