import { shorten } from '../errors/bound-data.js';

/** Levels of JSON that are compared. */
const mostLevels = 64;
/** Characters of a value that are told. */
const shownCharacters = 100;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const show = (value: unknown): string =>
  value === undefined ? 'missing' : shorten(JSON.stringify(value), shownCharacters);

/**
 * The first difference of an answer from what must be in it, as the end of a sentence: of an object the keys that are expected, of a
 * list every item, of all else itself. Undefined where there is none.
 */
export function answerDifference(
  expected: unknown,
  actual: unknown,
  path = 'its answer',
  level = 0,
): string | undefined {
  if (level > mostLevels) return `${path} nests more than ${mostLevels} levels deep`;
  if (isObject(expected) && isObject(actual)) {
    return firstOf(Object.keys(expected), (key) =>
      answerDifference(
        expected[key],
        Object.hasOwn(actual, key) ? actual[key] : undefined,
        `${path}.${key}`,
        level + 1,
      ),
    );
  }
  if (Array.isArray(expected) && Array.isArray(actual)) {
    if (expected.length !== actual.length) return `${path} has ${actual.length} items, not ${expected.length}`;
    return firstOf([...expected.keys()], (i) => answerDifference(expected[i], actual[i], `${path}[${i}]`, level + 1));
  }
  return expected === actual ? undefined : `${path} is ${show(actual)}, not ${show(expected)}`;
}

function firstOf<T>(items: readonly T[], differenceOf: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const difference = differenceOf(item);
    if (difference !== undefined) return shorten(difference, 500);
  }
  return undefined;
}
