import { TorchweaveError, type InputField } from '@torchweave/domain';
import { addField } from './read-form.js';

/** bytes of one part's headers. */
const maxHeaderBytes = 16_384;

const carriageReturn = 0x0d;
const lineFeed = 0x0a;
const dash = 0x2d;

function refuse(reason: string): never {
  throw new TorchweaveError('bodyMalformed', { reason });
}

/** The parameters of a header, `; name="a \"b\""; other=c`, names in lower case, the first of several. */
function parametersOf(header: string): Map<string, string> {
  const parameters = new Map<string, string>();
  const parameter = /;\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))/y;
  for (let at = header.indexOf(';'); at !== -1; at = header.indexOf(';', at)) {
    parameter.lastIndex = at;
    const match = parameter.exec(header);
    at = match === null ? at + 1 : parameter.lastIndex;
    const name = match?.[1]?.toLowerCase();
    if (match === null || name === undefined || parameters.has(name)) continue;
    parameters.set(name, match[2]?.replace(/\\(.)/g, '$1') ?? match[3] ?? '');
  }
  return parameters;
}

function headersOf(bytes: Buffer): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of bytes.toString('utf8').split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}

function mediaType(contentType: string): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase();
}

/** Where the empty line behind a part's headers begins and ends; lines may end without a carriage return, as in TorchServe. */
function emptyLineOf(part: Buffer): { readonly at: number; readonly end: number } | undefined {
  for (let at = part.indexOf(lineFeed); at !== -1 && at <= maxHeaderBytes; at = part.indexOf(lineFeed, at + 1)) {
    if (part[at + 1] === lineFeed) return { at, end: at + 2 };
    if (part[at + 1] === carriageReturn && part[at + 2] === lineFeed) return { at, end: at + 3 };
  }
  return undefined;
}

/**
 * TorchServe reads a part with a file name with its content type, octets where it names none, and a plain field as bytes
 * (`NettyUtils.getFormData`).
 */
function fieldOf(part: Buffer): InputField {
  const emptyLine = emptyLineOf(part);
  if (emptyLine === undefined) return refuse('a part of the multipart body has no end of its headers');
  const headers = headersOf(part.subarray(0, emptyLine.at));
  const disposition = parametersOf(headers.get('content-disposition') ?? '');
  const name = disposition.get('name');
  if (name === undefined) return refuse('a part of the multipart body has no name');
  const value = part.subarray(emptyLine.end);
  const contentType = headers.get('content-type');
  const isFile = disposition.has('filename') || disposition.has('filename*');
  return isFile && contentType !== undefined ? { name, value, contentType: mediaType(contentType) } : { name, value };
}

/** A line that is a boundary: where it begins, its line end before included, and what follows it. */
interface Delimiter {
  readonly at: number;
  readonly end: number;
  readonly isLast: boolean;
  /** Whether its own line ends with a carriage return. */
  readonly isStrict: boolean;
}

/** How the bytes of a body are cut at its boundary. */
class Delimiters {
  private readonly separator: Buffer;

  constructor(
    private readonly body: Buffer,
    boundary: string,
  ) {
    this.separator = Buffer.from(`\n--${boundary}`);
  }

  /** The first one: it begins the body, or a line of it. */
  first(): Delimiter | undefined {
    const atStart = this.separator.subarray(1);
    const isAtStart = this.body.subarray(0, atStart.length).equals(atStart);
    return (isAtStart ? this.delimiterAt(0, atStart.length) : undefined) ?? this.next(0, false);
  }

  /** The next one from `from` on. @param isStrict only one whose line before ends with a carriage return, too. */
  next(from: number, isStrict: boolean): Delimiter | undefined {
    const { body, separator } = this;
    for (let at = body.indexOf(separator, from); at !== -1; at = body.indexOf(separator, at + 1)) {
      const hasReturn = at > from && body[at - 1] === carriageReturn;
      if (isStrict && !hasReturn) continue;
      const found = this.delimiterAt(hasReturn ? at - 1 : at, at + separator.length);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** What follows must be two dashes or the end of the line, white space aside: else the boundary begins another word. */
  private delimiterAt(at: number, behind: number): Delimiter | undefined {
    const { body } = this;
    if (body[behind] === dash && body[behind + 1] === dash) {
      return { at, end: behind + 2, isLast: true, isStrict: true };
    }
    let end = behind;
    while (body[end] === 0x20 || body[end] === 0x09) end += 1;
    const isStrict = body[end] === carriageReturn && body[end + 1] === lineFeed;
    if (isStrict) return { at, end: end + 2, isLast: false, isStrict };
    // A body that ends here is cut off, not without a boundary.
    if (body[end] !== lineFeed && end < body.length) return undefined;
    return { at, end: end + 1, isLast: false, isStrict };
  }
}

/**
 * Cuts a body at its delimiters.
 *
 * @param isStrict whether lines end with carriage returns, too: then a line feed alone ends no value.
 */
function cut(delimiters: Delimiters, first: Delimiter, body: Buffer, isStrict: boolean): InputField[] | undefined {
  const fields = new Map<string, InputField>();
  for (let delimiter = first; !delimiter.isLast;) {
    // A part without headers and value: its line end is the delimiter's.
    const next = delimiters.next(Math.max(0, delimiter.end - 2), isStrict);
    if (next === undefined) return undefined;
    addField(fields, fieldOf(body.subarray(delimiter.end, Math.max(delimiter.end, next.at))));
    delimiter = next;
  }
  return [...fields.values()];
}

/**
 * The parts of a multipart body, in their order. Values are views of the body, not copies.
 *
 * Lines may end with line feeds alone, as in TorchServe; where the first one ends with a carriage return the others must, so that
 * a file that has its own boundary in it is not cut. What names no boundary and begins with none is a plain body, as there.
 *
 * @throws TorchweaveError `bodyMalformed`.
 */
export function readMultipart(contentType: string, body: Buffer): InputField[] {
  const boundary = parametersOf(contentType).get('boundary') ?? '';
  if (boundary === '') {
    if (body.length > 0 && !(body[0] === dash && body[1] === dash)) {
      return [{ name: 'body', value: body, contentType: mediaType(contentType) }];
    }
    return refuse('the multipart content type has no boundary. Leave that header to whatever makes the body');
  }
  const delimiters = new Delimiters(body, boundary);
  const first = delimiters.first();
  if (first === undefined) return refuse('the multipart body does not hold its boundary');
  const strictly = first.isStrict ? cut(delimiters, first, body, true) : undefined;
  return strictly ?? cut(delimiters, first, body, false) ?? refuse('the multipart body is cut off');
}
