import { TorchweaveError, type InputField } from '@torchweave/domain';

/** Parts of one body; more is no input of a model. */
const maxParts = 1_000;
/** bytes of one part's headers. */
const maxHeaderBytes = 16_384;

const dashes = Buffer.from('--');
const lineEnd = Buffer.from('\r\n');
const headerEnd = Buffer.from('\r\n\r\n');

function refuse(reason: string): never {
  throw new TorchweaveError('bodyMalformed', { reason });
}

/** The value of a parameter of a header, `name="a \"b\""` or `name=a`. */
function parameterOf(header: string, parameter: string): string | undefined {
  const match = new RegExp(`;\\s*${parameter}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]+))`, 'i').exec(header);
  return match === null ? undefined : (match[1]?.replace(/\\(.)/g, '$1') ?? match[2]);
}

function boundaryOf(contentType: string): Buffer {
  const boundary = parameterOf(contentType, 'boundary');
  if (boundary === undefined || boundary === '') return refuse('the multipart content type has no boundary');
  return Buffer.from(`--${boundary}`);
}

function headersOf(bytes: Buffer): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of bytes.toString('utf8').split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}

function mediaType(contentType: string): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase();
}

/**
 * TorchServe reads a part with a file name with its content type, octets where it names none, and a plain field as bytes
 * (`NettyUtils.getFormData`).
 */
function fieldOf(part: Buffer): InputField {
  const end = part.indexOf(headerEnd);
  if (end === -1 || end > maxHeaderBytes) return refuse('a part of the multipart body has no end of its headers');
  const headers = headersOf(part.subarray(0, end));
  const disposition = headers.get('content-disposition') ?? '';
  const name = parameterOf(disposition, 'name');
  if (name === undefined) return refuse('a part of the multipart body has no name');
  const value = part.subarray(end + headerEnd.length);
  const contentType = headers.get('content-type');
  const isFile = parameterOf(disposition, 'filename') !== undefined;
  return isFile && contentType !== undefined ? { name, value, contentType: mediaType(contentType) } : { name, value };
}

/**
 * The parts of a multipart body, in their order. Values are views of the body, not copies.
 *
 * @throws TorchweaveError `bodyMalformed`.
 */
export function readMultipart(contentType: string, body: Buffer): InputField[] {
  const delimiter = boundaryOf(contentType);
  const separator = Buffer.concat([lineEnd, delimiter]);
  const fields: InputField[] = [];
  let at = body.indexOf(delimiter);
  // The first delimiter begins the body, or a line of it.
  if (at > 0 && !body.subarray(at - 2, at).equals(lineEnd)) at = body.indexOf(separator) + lineEnd.length;
  if (at < 0 || (at < lineEnd.length && at !== 0)) return refuse('the multipart body does not hold its boundary');
  at += delimiter.length;
  while (!body.subarray(at, at + 2).equals(dashes)) {
    if (fields.length === maxParts) return refuse(`it has more than ${maxParts} parts`);
    // White space may stand between a boundary and the end of its line.
    const begin = body.indexOf(lineEnd, at);
    const end = begin === -1 ? -1 : body.indexOf(separator, begin);
    if (end === -1) return refuse('the multipart body is cut off');
    const isEmpty = end < begin + lineEnd.length;
    fields.push(fieldOf(isEmpty ? Buffer.alloc(0) : body.subarray(begin + lineEnd.length, end)));
    at = end + separator.length;
  }
  return fields;
}
