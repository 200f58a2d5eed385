import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Transform } from 'node:stream';
import { crc32 } from 'node:zlib';
import { TorchweaveError } from '@torchweave/domain';
import type { InflationBudget } from './inflation-budget.js';

/** Fails when what passed has another CRC-32 than the archive says. */
function checkSum(entry: string, expected: number | undefined): Transform {
  let sum = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sum = crc32(chunk, sum);
      done(null, chunk);
    },
    flush(done) {
      const isRight = expected === undefined || sum === expected;
      done(isRight ? null : new TorchweaveError('archiveUnreadable', { reason: `the entry "${entry}" is corrupt (CRC-32).` }));
    },
  });
}

/** Writes one file of an archive into the folder that is being unpacked. */
export async function writeEntry(
  folder: string,
  path: string,
  content: AsyncIterable<Uint8Array>,
  options: { budget: InflationBudget; crc?: number },
): Promise<void> {
  const target = join(folder, path);
  await mkdir(dirname(target), { recursive: true });
  await pipeline(content, options.budget.meter(), checkSum(path, options.crc), createWriteStream(target, { flags: 'wx' }));
}
