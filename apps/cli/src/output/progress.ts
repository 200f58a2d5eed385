import { printableLine } from './printable.js';
import type { TextStream } from './streams.js';

/** What is shown of long work while it is under way. */
export interface Progress {
  /** What is going on at this moment; replaces what was told before. */
  status(text: string): void;
  /** Something that is done. */
  step(text: string): void;
  /** Takes the status away; the result comes next. */
  end(): void;
}

/** For output that machines read. */
export const silentProgress: Progress = {
  status: () => undefined,
  step: () => undefined,
  end: () => undefined,
};

const clearLine = '\r\u001b[2K';
const fallbackColumns = 80;

/** One line of a terminal that is written over and over. */
export function terminalProgress(stream: TextStream): Progress {
  return {
    status: (status) => {
      const text = printableLine(status);
      // A line that is wrapped could not be cleared. A terminal that does not know its width says 0.
      const columns = (stream.columns || fallbackColumns) - 1;
      stream.write(clearLine + (text.length > columns ? `${text.slice(0, columns - 1)}…` : text));
    },
    step: () => undefined,
    end: () => void stream.write(clearLine),
  };
}

/** One line for each thing that is done. */
export function lineProgress(stream: TextStream): Progress {
  return { ...silentProgress, step: (text) => void stream.write(`${printableLine(text)}\n`) };
}
