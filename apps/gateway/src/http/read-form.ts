import { TorchweaveError, type InputField } from '@torchweave/domain';

/** Fields of one form or query; more is no input of a model. */
const maxFields = 1_000;
/** bytes of a field's name as it is sent: longer ones are data that somebody takes for a form. */
const maxNameBytes = 1_000;

const ampersand = 0x26;
const equals = 0x3d;
const percent = 0x25;
const plus = 0x2b;

/** What a form's name is made of, with what people do not escape. JSON, XML, text and files are not. */
const nameOfForm = /^[\w.~*+%[\]$@:/!'(),;\u0080-\uffff-]*$/;

/** Where the content type comes from that nobody has written, and what to say instead. */
const insteadOfForm =
  'Its content type, application/x-www-form-urlencoded, is what curl -d and --data-binary send unless they are told ' +
  'another. Name what it is, -H "Content-Type: application/json" or application/octet-stream, or send a file with -T FILE.';

function refuse(reason: string): never {
  throw new TorchweaveError('bodyMalformed', { reason });
}

function refuseForm(what: string): never {
  return refuse(`it is no form: ${what}. ${insteadOfForm}`);
}

/** A form that is sent with `--data-binary @FILE` has its file's last line end. */
function withoutLineEnd(body: Buffer): Buffer {
  let { length } = body;
  if (body[length - 1] === 0x0a) length -= 1;
  if (body[length - 1] === 0x0d) length -= 1;
  return body.subarray(0, length);
}

const hexDigit = (byte: number | undefined): number => {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
};

/** The bytes that escapes stand for, whatever they are; a view where there are none. Undefined where one is broken. */
function unescaped(piece: Buffer): Buffer | undefined {
  if (!piece.includes(percent) && !piece.includes(plus)) return piece;
  const bytes = Buffer.allocUnsafe(piece.length);
  let length = 0;
  for (let at = 0; at < piece.length; at += 1) {
    let byte = piece[at] as number;
    if (byte === plus) byte = 0x20;
    else if (byte === percent) {
      const high = hexDigit(piece[at + 1]);
      const low = hexDigit(piece[at + 2]);
      if (high < 0 || low < 0) return undefined;
      byte = high * 16 + low;
      at += 2;
    }
    bytes[length] = byte;
    length += 1;
  }
  return bytes.subarray(0, length);
}

/** The pieces between ampersands, as name and value; undefined for a value where there is no `=`. */
function* piecesOf(body: Buffer): Generator<{ readonly name: Buffer; readonly value: Buffer | undefined }> {
  for (let at = 0; at <= body.length;) {
    const found = body.indexOf(ampersand, at);
    const end = found === -1 ? body.length : found;
    const piece = body.subarray(at, end);
    at = end + 1;
    if (piece.length === 0) continue;
    const cut = piece.indexOf(equals);
    yield cut === -1
      ? { name: piece, value: undefined }
      : { name: piece.subarray(0, cut), value: piece.subarray(cut + 1) };
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function isText(body: Buffer): boolean {
  try {
    decoder.decode(body);
    return true;
  } catch {
    return false;
  }
}

function hasControls(body: Buffer): boolean {
  for (const byte of body) if (byte < 0x20 || byte === 0x7f) return true;
  return false;
}

/** @throws TorchweaveError `bodyMalformed` for a name that was there: TorchServe would drop all but the last in silence. */
export function addField(fields: Map<string, InputField>, field: InputField): void {
  if (fields.has(field.name)) {
    const name = JSON.stringify(field.name.slice(0, 100));
    refuse(`it has two fields of the name ${name}, and a node receives one value a name. Give each its own`);
  }
  if (fields.size === maxFields) refuse(`it has more than ${maxFields} fields`);
  fields.set(field.name, field);
}

/**
 * The fields of an `application/x-www-form-urlencoded` body. Values are bytes, views of the body where nothing was escaped.
 *
 * Whoever sends a file with `curl -d` says so too without meaning it. TorchServe takes it apart; here it is refused.
 *
 * @throws TorchweaveError `bodyMalformed`.
 */
export function readForm(given: Buffer): InputField[] {
  const body = withoutLineEnd(given);
  if (body.length === 0) return [];
  if (hasControls(body) || !isText(body)) refuseForm('it has bytes that a form would escape');
  if (!body.includes(equals)) refuseForm('it has no "="');
  const fields = new Map<string, InputField>();
  for (const piece of piecesOf(body)) {
    const isName = piece.name.length <= maxNameBytes && nameOfForm.test(piece.name.toString('utf8'));
    if (!isName || piece.name.length === 0) refuseForm('what stands before a "=" is no name');
    const name = unescaped(piece.name);
    const value = unescaped(piece.value ?? Buffer.alloc(0));
    if (name === undefined || value === undefined) return refuseForm('it has a "%" that begins no escape');
    addField(fields, { name: name.toString('utf8'), value });
  }
  return [...fields.values()];
}

/**
 * The parameters of a query, of several with one name the last. What is no escape stays as it is.
 *
 * @throws TorchweaveError `parameterInvalid` for more than a thousand.
 */
export function readQuery(query: string): InputField[] {
  const fields = new Map<string, InputField>();
  for (const piece of piecesOf(Buffer.from(query))) {
    const name = (unescaped(piece.name) ?? piece.name).toString('utf8');
    const value = piece.value ?? Buffer.alloc(0);
    fields.delete(name);
    fields.set(name, { name, value: unescaped(value) ?? value });
    if (fields.size > maxFields) {
      const rule = `at most ${maxFields} parameters`;
      throw new TorchweaveError('parameterInvalid', { parameter: 'query', value: `${query.slice(0, 100)}…`, rule });
    }
  }
  return [...fields.values()];
}
