import type { ArchiveUpload } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { multipartFile } from './multipart-file.js';

const multipart = 'multipart/form-data';
/** Content types of bodies that are an archive, or hold one. */
export const archiveTypes = ['application/zip', 'application/gzip', 'application/octet-stream', multipart] as const;

/** What a registration has for a URL until its archive is there, whose digest is its name. */
const urlOfUpload = 'upload';

/** A body that is being sent. */
type Payload = FastifyRequest['raw'];

const uploads = new WeakMap<FastifyRequest, ArchiveUpload>();

/** The archive that a request brings; undefined where it brings none. */
export const archiveOf = (request: FastifyRequest): ArchiveUpload | undefined => uploads.get(request);

const mediaTypeOf = ({ headers }: FastifyRequest): string =>
  (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';

/** Methods and routes that take an archive. */
const waysIn: readonly string[] = ['POST /workflows', 'PUT /workflows/:name'];

/** Whether a request is a registration, or an update, with an archive in its body. */
export function hasArchive(request: FastifyRequest): boolean {
  const { method, routeOptions, headers } = request;
  if (!waysIn.includes(`${method} ${routeOptions.url ?? ''}`)) return false;
  const isEmpty = headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;
  return !isEmpty && archiveTypes.some((type) => type === mediaTypeOf(request));
}

/**
 * Leaves the archives of registrations unread, for whoever stores them; a body of their types elsewhere is ignored. Its parameters
 * are those of the query. Must be called after `readParameterBodies`.
 *
 * @param maxIgnoredBytes what is larger and no archive of a registration is refused.
 */
export function readArchiveBodies(fastify: FastifyInstance, maxIgnoredBytes: number): void {
  fastify.addContentTypeParser([...archiveTypes], async (request: FastifyRequest, payload: Payload) => {
    if (!hasArchive(request)) return ignore(payload, maxIgnoredBytes);
    assertPlain(request);
    uploads.set(request, uploadOf(request, payload));
    return { url: urlOfUpload };
  });
}

/** @throws TorchweaveError `uploadBesideUrl`, `bodyMalformed`. */
function assertPlain({ query, headers }: FastifyRequest): void {
  if ((query as Readonly<Record<string, unknown>>)['url'] !== undefined)
    throw new TorchweaveError('uploadBesideUrl', {});
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') {
    throw new TorchweaveError('bodyMalformed', { reason: 'an archive is sent without a content encoding' });
  }
}

function uploadOf(request: FastifyRequest, payload: Payload): ArchiveUpload {
  const contentType = mediaTypeOf(request);
  const bytes = chunksOf(payload);
  const content = contentType === multipart ? multipartFile(bytes, request.headers['content-type'] ?? '') : bytes;
  return { contentType, content };
}

/** The chunks of a body. Whoever stops reading leaves the connection as it is, so that the client can be answered. */
const chunksOf = (payload: Payload): AsyncIterable<Uint8Array> => ({
  [Symbol.asyncIterator]: () => payload.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>,
});

/** @throws TorchweaveError `bodyTooLarge`. */
async function ignore(payload: Payload, limitBytes: number): Promise<object> {
  let bytes = 0;
  for await (const chunk of chunksOf(payload)) {
    bytes += chunk.byteLength;
    if (bytes > limitBytes) throw new TorchweaveError('bodyTooLarge', { limitBytes });
  }
  return {};
}
