import { TorchweaveError } from '@torchweave/domain';

/**
 * Passes chunks on until there are too many bytes.
 *
 * @throws TorchweaveError `archiveTooLarge` in the middle of the stream.
 */
export async function* limitBytes(
  chunks: AsyncIterable<Uint8Array>,
  url: string,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new TorchweaveError('archiveTooLarge', { url, limitBytes: maxBytes });
    yield chunk;
  }
}
