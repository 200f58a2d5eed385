import { randomUUID } from 'node:crypto';

import type { InputField } from '@torchweave/domain';
import { headerValue } from '@torchweave/http-exchange';

/** A multipart/form-data body: its chunks in order, the fields' own bytes among them uncopied. */
export interface MultipartBody {
  readonly contentType: string;
  readonly length: number;
  readonly chunks: readonly Uint8Array[];
}

const lineEnd = Buffer.from('\r\n');

/**
 * Builds a form with one part per field, so that a handler sees what TorchServe's own workflows would give it:
 * a part with a content type must also have a file name, since only of those does TorchServe keep the content type
 * (util/NettyUtils.java, getFormData); a part without one must have neither, and becomes a bytearray.
 *
 * Netty reads `,` `;` `:` `=` and tab in a field's name as a space and cannot read an empty name at all.
 */
export function multipartBody(fields: readonly InputField[]): MultipartBody {
  // New for every request: whoever knew it could smuggle a field into a later one.
  const boundary = randomUUID();
  const chunks: Uint8Array[] = [];
  let length = 0;
  const add = (chunk: Uint8Array): void => {
    chunks.push(chunk);
    length += chunk.byteLength;
  };
  for (const field of fields) {
    add(Buffer.from(partHead(boundary, field)));
    add(field.value);
    add(lineEnd);
  }
  add(Buffer.from(`--${boundary}--\r\n`));
  return { contentType: `multipart/form-data; boundary=${boundary}`, length, chunks };
}

function partHead(boundary: string, { name, contentType }: InputField): string {
  const disposition = `--${boundary}\r\nContent-Disposition: form-data; name="${escapeName(name)}"`;
  if (contentType === undefined) return `${disposition}\r\n\r\n`;
  return `${disposition}; filename="value"\r\nContent-Type: ${headerValue(contentType)}\r\n\r\n`;
}

/** As browsers do (HTML standard, multipart/form-data): these three would end the name or the header. */
function escapeName(name: string): string {
  return name.replace(/["\r\n]/g, (char) => (char === '"' ? '%22' : char === '\r' ? '%0D' : '%0A'));
}
