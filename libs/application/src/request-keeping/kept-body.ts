import type { NodeInput } from '@torchweave/domain';
import type { KeptBody } from '../ports/kept-requests.js';

/** bytes of one body, and of all bodies of a request. */
const longestBody = 16_384;
const allBodies = 262_144;
/** bytes of a JSON text that is read to be redacted: a larger one is withheld. */
const longestRedacted = 262_144;

const withheld = '[redacted]';
/** Control characters that no text has. */
const binary = /[\u0000-\u0008\u000e-\u001f]/;

interface Content {
  readonly value: Uint8Array;
  readonly contentType?: string | undefined;
}

/** What is kept of the bodies of one request: copies, for their memory is given back. */
export class KeptBodies {
  private left = allBodies;
  private isClosed = false;

  /** @param redacted names, in lower case, of fields and of keys in JSON whose values are not kept. */
  constructor(private readonly redacted: ReadonlySet<string>) {}

  /** Several fields are kept as JSON, by their names. */
  input(fields: NodeInput): KeptBody | undefined {
    if (this.isClosed) return undefined;
    const [first, ...others] = fields;
    if (first !== undefined && others.length === 0 && !this.isRedacted(first.name)) return this.body(first);
    const bodies = fields.map((field) => [field.name, this.field(field)] as const);
    return {
      contentType: 'application/json',
      size: fields.reduce((sum, { value }) => sum + value.byteLength, 0),
      text: JSON.stringify(Object.fromEntries(bodies.map(([name, { text, base64 }]) => [name, text ?? { base64 }]))),
      cut: bodies.some(([, { cut }]) => cut),
    };
  }

  output(content: Content): KeptBody | undefined {
    return this.isClosed ? undefined : this.body(content);
  }

  /** The request has ended: memory of its bodies may be another's by now. */
  close(): void {
    this.isClosed = true;
  }

  private body({ value, contentType }: Content): KeptBody {
    const size = value.byteLength;
    const about = contentType === undefined ? { size } : { contentType, size };
    const told = this.redacted.size > 0 && isJson(value, contentType) ? this.redact(value) : value;
    if (told === undefined) return { ...about, text: withheld, cut: true };
    const kept = told.subarray(0, Math.min(longestBody, this.left));
    this.left -= kept.byteLength;
    return { ...about, ...contentOf(kept), cut: kept.byteLength < told.byteLength };
  }

  private field(field: NodeInput[number]): KeptBody {
    return this.isRedacted(field.name)
      ? { size: field.value.byteLength, text: withheld, cut: false }
      : this.body(field);
  }

  private isRedacted(name: string): boolean {
    return this.redacted.has(name.toLowerCase());
  }

  /** @returns undefined where it cannot be told what is in it. */
  private redact(value: Uint8Array): Uint8Array | undefined {
    if (value.byteLength > longestRedacted) return undefined;
    try {
      const parsed: unknown = JSON.parse(new TextDecoder().decode(value));
      const replace = (key: string, each: unknown): unknown => (this.isRedacted(key) ? withheld : each);
      return new TextEncoder().encode(JSON.stringify(parsed, replace));
    } catch {
      return undefined;
    }
  }
}

/** By its content type or its first character that is no space. */
function isJson(value: Uint8Array, contentType = ''): boolean {
  if (/\bjson\b/i.test(contentType)) return true;
  const first = value.find((byte) => byte > 0x20);
  return first === 0x7b || first === 0x5b;
}

/** Text where it is some: a character that was cut through is left out. */
function contentOf(kept: Uint8Array): Pick<KeptBody, 'text' | 'base64'> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(kept, { stream: true });
    if (!binary.test(text)) return { text };
  } catch {
    // No UTF-8.
  }
  return { base64: Buffer.from(kept).toString('base64') };
}
