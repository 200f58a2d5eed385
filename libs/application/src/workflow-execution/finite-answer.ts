import { finiteJson, type NodeOutput } from '@torchweave/domain';

/** What JSON in which such a number stands may begin with: white space, `-`, `I`, `N`, `[` and `{`. */
const beginnings = new Set([0x09, 0x0a, 0x0d, 0x20, 0x2d, 0x49, 0x4e, 0x5b, 0x7b]);

const decoder = new TextDecoder('utf-8', { fatal: true });

const isJson = (contentType: string | undefined): boolean =>
  contentType === undefined || /^application\/json\s*(;|$)/i.test(contentType);

/**
 * An answer that is told as JSON is JSON: the numbers that Python's json writes and JSON does not have become `null`. Whatever
 * else a node answers stays as it is, byte for byte.
 */
export function finiteAnswer(output: NodeOutput): NodeOutput {
  const { value, contentType } = output;
  if (!beginnings.has(value[0] ?? 0) || !isJson(contentType)) return output;
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  // Looked for in the bytes: hardly any answer has one, and a large one is not decoded for it.
  if (!bytes.includes('NaN') && !bytes.includes('Infinity')) return output;
  const json = finiteJsonOf(bytes);
  if (json === undefined) return output;
  output.release?.();
  return { ...output, value: Buffer.from(json), release: undefined };
}

/** Undefined for bytes that are no text, too. */
function finiteJsonOf(bytes: Uint8Array): string | undefined {
  try {
    return finiteJson(decoder.decode(bytes));
  } catch {
    return undefined;
  }
}
