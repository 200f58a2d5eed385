import type { NodeInput } from '@torchweave/domain';
import { CallFailure } from './call-failure.js';

/** Names and content types have a 16-bit length on the wire; four bytes a character is the most UTF-8 takes. */
const maxNameLength = 16_383;

/** @returns the failure of an input that no process can be sent. */
export function inputFailure(input: NodeInput, maxRequestBytes: number): CallFailure | undefined {
  const bytes = sizeOf(input);
  for (const { name, contentType } of input) {
    if (name.length > maxNameLength || (contentType?.length ?? 0) > maxNameLength) {
      return new CallFailure('tooLarge', `a field's name or content type is longer than ${maxNameLength} characters`);
    }
  }
  if (bytes <= maxRequestBytes) return undefined;
  return new CallFailure(
    'tooLarge',
    `the input of ${bytes} bytes is larger than max_request_size, ${maxRequestBytes} bytes`,
  );
}

/** Bytes of all values. */
export function sizeOf(input: NodeInput): number {
  let bytes = 0;
  for (const { value } of input) bytes += value.byteLength;
  return bytes;
}
