import { z } from 'zod';

/** A value that is refused with `rule`, in our own words: what the setting must be. `read` gives undefined for a refused one. */
const value = <T>(rule: string, read: (given: unknown) => T | undefined): z.ZodType<T> =>
  z.unknown().transform((given, context): T => {
    const found = read(given);
    if (found !== undefined) return found;
    context.addIssue({ code: 'custom', message: rule });
    return z.NEVER;
  });

const textOf = (given: unknown): string | undefined =>
  typeof given === 'string' || typeof given === 'number' || typeof given === 'boolean' ? String(given) : undefined;

/** A whole number in decimal digits, as far as the bounds allow, which count as allowed. `unit`: for the sentence, ` of ms`. */
export const wholeNumber = (least: number, most: number, unit = ''): z.ZodType<number> =>
  value(`a whole number${unit} from ${least} to ${most}`, (given) => {
    const text = textOf(given);
    if (text === undefined || !/^\d{1,16}$/.test(text)) return undefined;
    const number = Number(text);
    return number >= least && number <= most ? number : undefined;
  });

/** A text that is not empty and has no control characters. */
export const text = (rule = 'a text that is not empty'): z.ZodType<string> =>
  value(rule, (given) =>
    typeof given === 'string' && given !== '' && !/[\u0000-\u001f\u007f]/.test(given) ? given : undefined,
  );

/** A text of one form. */
export const textLike = (pattern: RegExp, rule: string): z.ZodType<string> =>
  value(rule, (given) => (typeof given === 'string' && pattern.test(given) ? given : undefined));

/** One of some words. */
export const oneOf = <const Word extends string>(...words: readonly Word[]): z.ZodType<Word> =>
  value(
    `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`,
    (given) => words.find((word) => word === given) ?? undefined,
  );

/** As Java reads it: `True` is true. What is neither is refused, where Java takes it for false. */
export const boolean: z.ZodType<boolean> = value('true or false', (given) => {
  const word = textOf(given)?.toLowerCase();
  return word === 'true' ? true : word === 'false' ? false : undefined;
});

/** An address that a server listens at. */
export const httpAddress: z.ZodType<string> = value(
  'http://HOST:PORT or https://HOST:PORT, such as http://127.0.0.1:8080',
  (given) => (typeof given === 'string' && isHttpAddress(given) ? given : undefined),
);

/** A URL with nothing but a scheme, a host and a port in it. */
function isHttpAddress(given: string): boolean {
  if (!/^https?:\/\/[^/?#@\\\s]+\/?$/i.test(given) || !URL.canParse(given)) return false;
  return new URL(given).hostname !== '';
}

/** A URL of some protocols, with a host. */
export const urlOf = (protocol: RegExp, rule: string): z.ZodType<string> =>
  value(rule, (given) => {
    if (typeof given !== 'string' || !URL.canParse(given)) return undefined;
    const url = new URL(given);
    return protocol.test(url.protocol) && url.hostname !== '' ? given : undefined;
  });

/** A list, also as one text with commas. */
export const commaList: z.ZodType<readonly string[]> = value('a list separated by commas', (given) => {
  if (Array.isArray(given)) return given.every((each) => typeof each === 'string') ? given : undefined;
  const parts = textOf(given)?.split(',');
  return parts?.map((part) => part.trim()).filter(Boolean);
});

/** First what `first` reads, else what `second` reads; refused in the words of `rule`. */
export const either = <A, B>(rule: string, first: z.ZodType<A>, second: z.ZodType<B>): z.ZodType<A | B> =>
  value<A | B>(rule, (given) => {
    const found = first.safeParse(given);
    return found.success ? found.data : second.safeParse(given).data;
  });

/** Several texts, of several flags or separated by spaces, each read by `read`. */
export const spacedList = <T>(rule: string, read: (each: string) => T | undefined): z.ZodType<readonly T[]> =>
  value(rule, (given) => {
    const texts = Array.isArray(given) ? given.map(textOf) : textOf(given)?.split(/\s+/).filter(Boolean);
    const found = texts?.map((each) => (each === undefined ? undefined : read(each)));
    return found?.includes(undefined) === true ? undefined : (found as readonly T[] | undefined);
  });

/** As `schema`, and of an empty value as if it were not given. */
export const orUnset = <T extends z.ZodType>(schema: T): z.ZodType<z.output<T>> =>
  z.preprocess((given) => (given === '' ? undefined : given), schema);

/** A number from 0 to 1 in decimal digits. */
export const fraction: z.ZodType<number> = value('a number from 0 to 1', (given) => {
  const text = textOf(given);
  return text !== undefined && /^(?:0(?:\.\d{1,15})?|1(?:\.0{1,15})?)$/.test(text) ? Number(text) : undefined;
});

/** Pairs in one text, percent-encoded as W3C's baggage is. */
export const keyValueList: z.ZodType<Readonly<Record<string, string>>> = value('key=value,key=value', (given) => {
  if (typeof given !== 'string' || !/^\s*[^\s=,]+\s*=[^=,]*(?:,\s*[^\s=,]+\s*=[^=,]*)*$/.test(given)) return undefined;
  try {
    return Object.fromEntries(
      given.split(',').map((pair) => pair.split('=').map((part) => decodeURIComponent(part.trim()))),
    );
  } catch {
    return undefined;
  }
});
