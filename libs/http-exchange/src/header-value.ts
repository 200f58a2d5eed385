/** What HTTP does not allow in a header's value, as in a content type that came from a handler, becomes a question mark. */
export function headerValue(text: string): string {
  return text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?');
}
