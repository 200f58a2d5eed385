/** What an error answer must not tell, by what it would give away. */
const patterns: Readonly<Record<string, RegExp>> = {
  'a stack': /^\s*at .+:\d+:\d+\)?$|Traceback \(most recent call last\)|File \\?"[^"]+\\?", line \d+/gm,
  'a path': /(?<![\w.:/-])\/(?:app|data|etc|home|opt|private|proc|root|run|src|tmp|usr|var|work)\/[\w./@-]+/g,
  'an address': /\b(?:\d{1,3}\.){3}\d{1,3}\b(?::\d+)?|\blocalhost:\d+|\[[0-9a-f:]+\]:\d+|\brediss?:\/\/\S+/g,
};

/**
 * What an error answer tells of the server's inside: stacks, paths and addresses, except those that the client wrote itself.
 *
 * @param request all that the client sent, as text.
 */
export function leaksIn(answer: string, request: string): string[] {
  return Object.entries(patterns).flatMap(([what, pattern]) =>
    [...answer.matchAll(pattern)].filter(([found]) => !request.includes(found)).map(([found]) => `${what}: ${found}`),
  );
}
