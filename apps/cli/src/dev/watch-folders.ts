import { statSync, watch, type FSWatcher } from 'node:fs';
import { isWanted } from '../author/folder-files.js';

/** ms without a further change after which a save is taken for whole, and the most that is waited for that. */
const pause = { quiet: 80, longest: 1_000 };

interface Watched {
  readonly watcher: FSWatcher;
  /** Tells a folder apart from another one that has come in its place. */
  readonly identity: string;
}

function identityOf(folder: string): string | undefined {
  const stats = statSync(folder, { throwIfNoEntry: false });
  return stats === undefined ? undefined : `${stats.ino} ${stats.birthtimeMs}`;
}

/**
 * Watches folders for what is written in them: each folder by itself, so that a file that is replaced by renaming another one
 * onto it, as editors do, is a change like any other.
 */
export class FolderWatch {
  private watchers = new Map<string, Watched>();
  private timer: NodeJS.Timeout | undefined;
  private firstAt = 0;

  /** @param onChange called once for changes that come close together. */
  constructor(private readonly onChange: () => void) {}

  /** Watches exactly these folders from now on. One that is not there is passed over. */
  follow(folders: Iterable<string>): void {
    const before = this.watchers;
    this.watchers = new Map();
    for (const folder of new Set(folders)) {
      const known = before.get(folder);
      const identity = identityOf(folder);
      if (identity === undefined) continue;
      const watched = known?.identity === identity ? known : this.open(folder, identity);
      if (watched === known) before.delete(folder);
      if (watched !== undefined) this.watchers.set(folder, watched);
    }
    for (const { watcher } of before.values()) watcher.close();
  }

  close(): void {
    clearTimeout(this.timer);
    for (const { watcher } of this.watchers.values()) watcher.close();
    this.watchers.clear();
  }

  private open(folder: string, identity: string): Watched | undefined {
    try {
      const watcher = watch(folder, (_event, name) => {
        // Without a name anything may have changed.
        if (name === null || isWanted(name)) this.changed();
      });
      watcher.on('error', () => {
        // It is gone: whoever is called looks what has come in its place.
        watcher.close();
        this.changed();
      });
      return { watcher, identity };
    } catch {
      return undefined;
    }
  }

  private changed(): void {
    const now = performance.now();
    if (this.timer === undefined) this.firstAt = now;
    clearTimeout(this.timer);
    const left = this.firstAt + pause.longest - now;
    this.timer = setTimeout(
      () => {
        this.timer = undefined;
        this.onChange();
      },
      Math.max(0, Math.min(pause.quiet, left)),
    );
  }
}
