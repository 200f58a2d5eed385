import { archiveTypes } from '../http/archive-bodies.js';

const bytes = { type: 'string', format: 'binary', description: 'The archive itself; there is no url then.' };
const form = { type: 'object', required: ['file'], additionalProperties: false, properties: { file: bytes } };

/** The bodies of a registration that are an archive, by their types. */
export const archiveContent: Readonly<Record<string, object>> = Object.fromEntries(
  archiveTypes.map((type) => [type, { schema: type === 'multipart/form-data' ? form : bytes }]),
);
