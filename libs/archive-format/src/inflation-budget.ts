import { TorchweaveError } from '@torchweave/domain';
import type { ArchiveLimits } from './limits.js';

/** Counts what one archive inflates to, and stops it in the middle when it is too much. */
export class InflationBudget {
  private inflated = 0;

  constructor(
    private readonly limits: ArchiveLimits,
    private readonly packedBytes: number,
  ) {}

  /**
   * Passes everything on while it counts.
   *
   * @throws TorchweaveError `archiveLimitExceeded` before a chunk that is too much.
   */
  async *meter(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.spend(chunk.byteLength);
      yield chunk;
    }
  }

  private spend(bytes: number): void {
    this.inflated += bytes;
    const { maxInflatedBytes, maxRatio, ratioFreeBytes } = this.limits;
    if (this.inflated > maxInflatedBytes) {
      throw new TorchweaveError('archiveLimitExceeded', { limit: 'bytes when unpacked', allowed: maxInflatedBytes });
    }
    if (this.inflated > ratioFreeBytes && this.inflated > this.packedBytes * maxRatio) {
      throw new TorchweaveError('archiveLimitExceeded', {
        limit: 'times its packed size when unpacked',
        allowed: maxRatio,
      });
    }
  }
}
