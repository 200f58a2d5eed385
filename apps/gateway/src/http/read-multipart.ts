import { Busboy } from '@fastify/busboy';
import { TorchweaveError, type InputField } from '@torchweave/domain';
import type { IncomingHttpHeaders } from 'node:http';

/** Parts of one body; more is no input of a model. */
const maxParts = 1_000;

function open(headers: IncomingHttpHeaders): Busboy {
  const contentType = headers['content-type'] ?? '';
  // The whole body is in memory and bounded already, so no part has a limit of its own.
  const limits = { parts: maxParts, fieldSize: Infinity, fileSize: Infinity };
  return new Busboy({ headers: { 'content-type': contentType }, limits });
}

/**
 * The parts of a multipart body, in their order. A part with a file name carries its content type; a plain field is bytes.
 *
 * @throws TorchweaveError `bodyMalformed`.
 */
export function readMultipart(headers: IncomingHttpHeaders, body: Buffer): Promise<InputField[]> {
  return new Promise((resolve, reject) => {
    const refuse = (reason: string, cause?: unknown): void =>
      reject(new TorchweaveError('bodyMalformed', { reason }, { cause }));
    let parser: Busboy;
    try {
      parser = open(headers);
    } catch (error) {
      refuse('the multipart content type has no boundary', error);
      return;
    }
    const fields: InputField[] = [];
    parser.on('field', (name, value) => fields.push({ name, value: Buffer.from(value, 'utf8') }));
    parser.on('file', (name, stream, _filename, _encoding, contentType) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', (error: Error) => refuse('a part of the multipart body is cut off', error));
      stream.on('end', () => fields.push({ name, value: Buffer.concat(chunks), contentType }));
    });
    parser.on('partsLimit', () => refuse(`it has more than ${maxParts} parts`));
    parser.on('error', (error: unknown) => refuse('the multipart body is broken', error));
    parser.on('finish', () => resolve(fields));
    parser.end(body);
  });
}
