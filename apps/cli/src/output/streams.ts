import type { Readable, Writable } from 'node:stream';

/** A stream for text, which may be a terminal. */
export type TextStream = Writable & {
  readonly isTTY?: boolean;
  /** Characters in a line of the terminal. */
  readonly columns?: number;
};

/** What a command reads from and writes to; `process` is one. */
export interface Streams {
  readonly stdin: Readable;
  readonly stdout: TextStream;
  readonly stderr: TextStream;
}

/**
 * Writes and waits until it is out of the process. A reader that has gone away, as `head` does, is no failure.
 *
 * @throws whatever else the stream fails with.
 */
export function writeTo(stream: Writable, chunk: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(chunk, (error) => (error && !isBrokenPipe(error) ? reject(error) : resolve()));
  });
}

const isBrokenPipe = (error: Error): boolean => 'code' in error && error.code === 'EPIPE';
