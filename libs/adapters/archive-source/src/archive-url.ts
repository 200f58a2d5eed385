import { TorchweaveError } from '@torchweave/domain';

/** What the URL parser would drop or turn without a word, so that the allow-list and the connection see two URLs. */
const folded = /[\\\u0000-\u001f\u007f]/;
/** A host, and after it the path: `http://host?.friend.com/` must not pass for a host of friend.com. */
const plainAuthority = /^https?:\/\/[^/?#]+(?:\/|$)/i;

/** True for what TorchServe takes for a URL (`ArchiveUtils.isValidURL`); all else names a file of the workflow store. */
export const looksLikeUrl = (text: string): boolean => /^(?:https?|file):\/\//i.test(text);

/** True for a `file://` URL. */
export const isFileUrl = (text: string): boolean => /^file:/i.test(text);

/** True when `..` stands in the text, as it is or in percent signs. */
export const isRelative = (text: string): boolean => text.replace(/%2e/gi, '.').includes('..');

/**
 * Reads an `http(s)://` or `file://` URL that has no second reading.
 *
 * @param given the URL that errors name: what the client sent, where a redirect has led on from it.
 * @throws TorchweaveError `downloadFailed`.
 */
export function parseArchiveUrl(url: string, given: string): URL {
  const refuse = (reason: string): never => {
    throw new TorchweaveError('downloadFailed', { url: given, reason });
  };
  if (folded.test(url) || !URL.canParse(url)) return refuse('the URL is malformed');
  const parsed = new URL(url);
  if (parsed.username !== '' || parsed.password !== '') return refuse('the URL holds a user name or password');
  if (parsed.protocol !== 'file:' && !plainAuthority.test(url)) return refuse('the URL is malformed');
  return parsed;
}
