import { TorchweaveError } from '@torchweave/domain';
import { Transform } from 'node:stream';
import type { ArchiveLimits } from './limits.js';

/** Counts what one archive inflates to, and stops it in the middle when it is too much. */
export class InflationBudget {
  private inflated = 0;

  constructor(
    private readonly limits: ArchiveLimits,
    private readonly packedBytes: number,
  ) {}

  /** @throws TorchweaveError `archiveLimitExceeded`. */
  spend(bytes: number): void {
    this.inflated += bytes;
    const { maxInflatedBytes, maxRatio, ratioFreeBytes } = this.limits;
    if (this.inflated > maxInflatedBytes) {
      throw new TorchweaveError('archiveLimitExceeded', { limit: 'bytes when unpacked', allowed: maxInflatedBytes });
    }
    if (this.inflated > ratioFreeBytes && this.inflated > this.packedBytes * maxRatio) {
      throw new TorchweaveError('archiveLimitExceeded', { limit: 'times its packed size when unpacked', allowed: maxRatio });
    }
  }

  /** A stream that passes everything on while it counts. */
  meter(): Transform {
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        try {
          this.spend(chunk.length);
          done(null, chunk);
        } catch (error) {
          done(error as Error);
        }
      },
    });
  }
}
