import { TorchweaveError } from '@torchweave/domain';
import { releaseOf } from '@torchweave/kernel';
import { gunzip } from 'node:zlib';

/** Inflated bytes to sent ones, from {@link ratioFreeBytes} on. Zeros reach a thousand. */
const maxRatio = 200;
/** Inflated bytes below which the ratio does not matter. */
const ratioFreeBytes = 1_048_576;

/** True for a request whose body is not what its content type says before it is decoded. */
export function isEncoded(encoding: string | undefined): encoding is string {
  return encoding !== undefined && encoding !== '' && encoding.toLowerCase() !== 'identity';
}

/**
 * Inflates a body that came with this content encoding, off the event loop. The memory of what was sent is given back.
 *
 * @param maxBytes what inflates to more is refused, as soon as it does.
 * @throws TorchweaveError `contentEncodingUnsupported`; `bodyInflatesTooFar`; `bodyMalformed` for what is no gzip, or cut off.
 */
export async function decodeBody(body: Buffer, encoding: string, maxBytes: number): Promise<Buffer> {
  const coding = encoding.toLowerCase();
  if (coding !== 'gzip' && coding !== 'x-gzip') {
    throw new TorchweaveError('contentEncodingUnsupported', { encoding: encoding.slice(0, 100) });
  }
  if (body.length === 0) return body;
  const limitBytes = Math.min(maxBytes, Math.max(ratioFreeBytes, maxRatio * body.length));
  try {
    return await inflate(body, limitBytes);
  } finally {
    releaseOf(body)?.();
  }
}

function inflate(body: Buffer, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    gunzip(body, { maxOutputLength: limitBytes }, (error, inflated) => {
      if (error === null) return resolve(inflated);
      const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
      reject(
        isTooLarge
          ? new TorchweaveError('bodyInflatesTooFar', { limitBytes })
          : new TorchweaveError('bodyMalformed', {
              reason: 'its content encoding says gzip, and it is none or cut off',
            }),
      );
    });
  });
}
