import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const tailBytes = 16_384;

/** The private temporary folder of one TorchServe: configuration, logs, keys, unpacked models, worker sockets. */
export class WorkFolder {
  /** Short: the workers' Unix sockets are in it, and such a path may have 107 bytes. */
  readonly path = mkdtempSync(join(tmpdir(), 'tw-ts-'));
  readonly configFile = join(this.path, 'ts-config.properties');
  readonly log4jFile = join(this.path, 'log4j2.xml');
  /** Where TorchServe writes its keys: its working directory. */
  readonly keyFile = join(this.path, 'key_file.json');
  readonly consoleFile = join(this.path, 'console.log');
  readonly logs = join(this.path, 'logs');
  readonly temp = join(this.path, 'tmp');
  #lastTail = '';

  constructor(files: { readonly config: string; readonly log4j: string | undefined }) {
    mkdirSync(this.logs);
    mkdirSync(this.temp);
    writeFileSync(this.configFile, files.config);
    if (files.log4j !== undefined) writeFileSync(this.log4jFile, files.log4j);
  }

  /** The last 16 KiB that the processes printed; after `remove`, what they were by then. */
  tail(): string {
    return existsSync(this.consoleFile) ? readTail(this.consoleFile) : this.#lastTail;
  }

  remove(): void {
    this.#lastTail = this.tail();
    rmSync(this.path, { recursive: true, force: true, maxRetries: 3 });
  }
}

function readTail(file: string): string {
  const descriptor = openSync(file, 'r');
  try {
    const size = fstatSync(descriptor).size;
    const buffer = Buffer.alloc(Math.min(size, tailBytes));
    readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8');
  } finally {
    closeSync(descriptor);
  }
}
