/** Escapes of letters that JavaScript reads as Java does; it would take any other for the letter itself. */
const sharedEscapes = /^\\(?:[dDwWsSbBnrtf]|x[\da-fA-F]{2}|u[\da-fA-F]{4}|[^A-Za-z])/;
const classInClass = /\[\^?(?:[^[\]\\]|\\.)*(?:\[|&&)/;

const escapeAll = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** Writes `\Q…\E` and a leading `(?i)` in the words of JavaScript. */
function translate(pattern: string): string {
  return pattern.replace(/^\(\?i\)/, '').replace(/\\Q(.*?)(?:\\E|$)/g, (_all, literal: string) => escapeAll(literal));
}

/**
 * Compiles a Java regular expression that must match the whole text, in any case of letters.
 *
 * @throws Error for an expression that JavaScript cannot read, or would read in another sense than Java does.
 */
export function compileJavaPattern(pattern: string): RegExp {
  const translated = translate(pattern);
  for (const { index } of translated.matchAll(/\\[\s\S]/g)) {
    const rest = translated.slice(index);
    if (!sharedEscapes.test(rest)) throw new Error(`the escape ${rest.slice(0, 2)} is not supported`);
  }
  if (classInClass.test(translated)) throw new Error('character classes inside one another are not supported');
  return new RegExp(`^(?:${translated})$`, 'i');
}

/** The alternatives of `a|b` at the top of an expression; groups and classes stay whole. */
export function splitAlternatives(pattern: string): string[] {
  const alternatives = [''];
  let depth = 0;
  let isClass = false;
  for (const [token] of translate(pattern).matchAll(/\\[\s\S]|[\s\S]/g)) {
    if (isClass) isClass = token !== ']';
    else if (token === '[') isClass = true;
    else if (token === '(') depth += 1;
    else if (token === ')') depth -= 1;
    else if (token === '|' && depth === 0) {
      alternatives.push('');
      continue;
    }
    alternatives[alternatives.length - 1] += token;
  }
  return alternatives;
}
