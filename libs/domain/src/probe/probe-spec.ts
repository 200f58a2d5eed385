/** The request that a new version has to answer well before it serves: files of its archive. */
export interface ProbeSpec {
  /** Holds the body. */
  readonly file: string;
  readonly contentType: string;
  /** The HTTP status of a good answer; 200 where it is absent. */
  readonly status?: number;
  /** Holds the JSON that must be in a good answer; whatever it is, where absent. */
  readonly answer?: string;
}

/** bytes of each file of a probe. */
export const longestProbe = 1_048_576;

/** What can be told of a file from its name. */
const typesByExtension: Readonly<Record<string, string>> = {
  json: 'application/json',
  txt: 'text/plain',
  csv: 'text/csv',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
};

/** The media type of a file by its name; of any other, that it is bytes. */
export const mediaTypeOfFile = (path: string): string =>
  typesByExtension[path.slice(path.lastIndexOf('.') + 1).toLowerCase()] ?? 'application/octet-stream';

const mediaType = /^[\w!#$&^.+-]{1,64}\/[\w!#$&^.+-]{1,64}(?:; ?[\w-]{1,32}="?[\w.+-]{1,64}"?)?$/;
/** Bodies of several fields: a probe is one. */
const ofFields = ['multipart/', 'application/x-www-form-urlencoded'];

/** What is wrong with the media type of a probe, as the end of a sentence; undefined where nothing is. */
export function probeTypeFault(type: unknown): string | undefined {
  if (typeof type !== 'string' || !mediaType.test(type)) return 'must be a media type such as application/json';
  return ofFields.some((each) => type.toLowerCase().startsWith(each)) ? 'must be of a body that is no form' : undefined;
}
