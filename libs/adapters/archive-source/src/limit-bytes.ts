import { TorchweaveError } from '@torchweave/domain';

/**
 * Passes chunks on until there are too many bytes.
 *
 * @throws TorchweaveError `archiveTooLarge` in the middle of the stream.
 */
export async function* limitBytes(
  chunks: AsyncIterable<Uint8Array>,
  url: string,
  limitBytes: number,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    if (bytes > limitBytes) throw new TorchweaveError('archiveTooLarge', { url, limitBytes });
    yield chunk;
  }
}
