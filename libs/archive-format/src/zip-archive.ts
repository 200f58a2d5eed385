import { open, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { fromRandomAccessReader, RandomAccessReader, type Entry, type ZipFile } from 'yauzl';
import { bytesBetween } from './bytes-between.js';

/**
 * Reads for yauzl, with two things that its own reader lacks: a place outside the file, as a hostile archive may name
 * it, is an error and not an exception; and an exception of yauzl in the middle of a callback, which would end the
 * process, is an error of the archive.
 */
class FileReader extends RandomAccessReader {
  readonly failed: Promise<never>;

  constructor(
    private readonly file: FileHandle,
    private readonly size: number,
  ) {
    super();
    this.failed = new Promise((_resolve, reject) => this.on('error', reject));
    this.failed.catch(() => undefined);
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(bytesBetween(this.file, start, Math.min(end, this.size)), { objectMode: false });
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.fill(buffer.subarray(offset, offset + length), position)
      .then(
        () => callback(null),
        (error: Error) => callback(error),
      )
      .catch((error: unknown) => this.emit('error', error));
  }

  private async fill(buffer: Buffer, position: number): Promise<void> {
    let at = 0;
    for await (const chunk of bytesBetween(this.file, position, Math.min(position + buffer.length, this.size))) {
      buffer.set(chunk, at);
      at += chunk.length;
    }
    if (at < buffer.length) throw new Error('unexpected end of file');
  }
}

/** A zip on the disk: its entries, and the inflated bytes of each. */
export class ZipArchive {
  private constructor(
    private readonly file: FileHandle,
    private readonly reader: FileReader,
    private readonly zip: ZipFile,
  ) {}

  /** @throws what yauzl and the file system throw. */
  static async open(path: string): Promise<ZipArchive> {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const reader = new FileReader(file, size);
      // Names come as bytes: yauzl's own rules about them are not ours.
      const options = { lazyEntries: true, autoClose: false, decodeStrings: false, validateEntrySizes: true };
      const opening = new Promise<ZipFile>((resolve, reject) => {
        fromRandomAccessReader(reader, size, options, (error, zip) => (error ? reject(error) : resolve(zip)));
      });
      const zip = await Promise.race([opening, reader.failed]);
      // An error that comes after the one that was told must not end the process.
      zip.on('error', () => undefined);
      return new ZipArchive(file, reader, zip);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** @throws what yauzl and the file system throw. */
  async *entries(): AsyncGenerator<Entry> {
    for (;;) {
      const entry = await Promise.race([this.nextEntry(), this.reader.failed]);
      if (entry === undefined) return;
      yield entry;
    }
  }

  /** Nothing is opened before it is asked for. */
  async *contentOf(entry: Entry): AsyncGenerator<Uint8Array> {
    const opening = new Promise<Readable>((resolve, reject) => {
      this.zip.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)));
    });
    yield* await Promise.race([opening, this.reader.failed]);
  }

  async close(): Promise<void> {
    this.zip.close();
    await this.file.close();
  }

  private nextEntry(): Promise<Entry | undefined> {
    return new Promise((resolve, reject) => {
      const forget = (): void => {
        this.zip.off('entry', onEntry).off('end', onEnd).off('error', onError);
      };
      const onEntry = (entry: Entry): void => {
        forget();
        resolve(entry);
      };
      const onEnd = (): void => {
        forget();
        resolve(undefined);
      };
      const onError = (error: Error): void => {
        forget();
        reject(error);
      };
      this.zip.on('entry', onEntry).on('end', onEnd).on('error', onError);
      this.zip.readEntry();
    });
  }
}
