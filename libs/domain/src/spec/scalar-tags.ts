import type { ScalarTag, Tags } from 'yaml';
import { collectionTags } from './collection-tags.js';

/*
 * What SnakeYAML, TorchServe's parser, takes a plain scalar for: its `Resolver`, and the constructors of its numbers. Where YAML 1.1
 * says otherwise (`y`, `e1`, `08`), what TorchServe did with a spec for years is what its author has meant.
 */

const int =
  /^[-+]?(?:0b_*[01][01_]*|0x_*[0-9a-fA-F][0-9a-fA-F_]*|0_*[0-7][0-7_]*|0|[1-9][0-9_]*|[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const float =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+|[-+]?\._*[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const timestamp =
  /^[0-9]{4}-(?:[0-9]{2}-[0-9]{2}|[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::?[0-9]{2})?))?)$/;

const radixes: readonly (readonly [RegExp, number])[] = [
  [/^0b/, 2],
  [/^0x/, 16],
  [/^0(?=.)/, 8],
];

const signOf = (text: string): number => (text.startsWith('-') ? -1 : 1);
const withoutSign = (text: string): string => text.replace(/^[-+]/, '').replaceAll('_', '');

/** Hours, minutes and seconds, or as many parts as there are. */
const sexagesimal = (digits: string): number =>
  digits.split(':').reduce((sum, part) => sum * 60 + (part === '' ? 0 : Number(part)), 0);

function readInt(text: string): number {
  const digits = withoutSign(text);
  if (digits.includes(':')) return signOf(text) * sexagesimal(digits);
  const [prefix, radix] = radixes.find(([begin]) => begin.test(digits)) ?? [undefined, 10];
  return signOf(text) * Number.parseInt(prefix === undefined ? digits : digits.replace(prefix, ''), radix);
}

function readFloat(text: string): number {
  const digits = withoutSign(text).toLowerCase();
  if (digits === '.inf') return signOf(text) * Infinity;
  if (digits === '.nan') return NaN;
  return signOf(text) * (digits.includes(':') ? sexagesimal(digits) : Number.parseFloat(digits));
}

type Resolve = (text: string, onError: (message: string) => void) => unknown;

const nameOf = (name: string): string => `tag:yaml.org,2002:${name}`;
/** What a plain text is taken for by how it is written. */
const plain = (name: string, test: RegExp, resolve: Resolve): ScalarTag & { readonly test: RegExp } => ({
  ...{ tag: nameOf(name), default: true, test, resolve, format: name },
});

const plainScalars = [
  plain('null', /^(?:~|null|Null|NULL| )?$/, () => null),
  plain('bool', /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/, () => true),
  plain('bool', /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/, () => false),
  plain('int', int, readInt),
  plain('float', float, readFloat),
  plain('float', /^[-+]?\._+(?:[eE][-+]?[0-9]+)?$/, (_text, onError) => onError('no digits')),
  plain('timestamp', timestamp, (text) => new Date(text)),
];

/** What a text without quotes and without a tag says. */
export const valueOfPlain = (text: string): unknown => {
  const found = plainScalars.find(({ test }) => test.test(text));
  return found === undefined ? text : found.resolve(text, () => undefined, {});
};

/** What a scalar is taken for by its tag, however it is written. */
const tagged = (name: string, resolve: Resolve): ScalarTag => ({ tag: nameOf(name), resolve, format: name });
const onlyIf =
  (test: RegExp, resolve: Resolve): Resolve =>
  (text, onError) =>
    test.test(text) ? resolve(text, onError) : onError('no such value');
const truths = new Map(Object.entries({ yes: true, true: true, on: true, no: false, false: false, off: false }));

const taggedScalars = [
  tagged('null', () => null),
  // Whatever is no truth value is nothing.
  tagged('bool', (text) => truths.get(text.toLowerCase()) ?? null),
  tagged('int', onlyIf(int, readInt)),
  tagged('float', onlyIf(new RegExp(`${float.source}|^[-+]?[0-9][0-9_]*$`), readFloat)),
  tagged(
    'timestamp',
    onlyIf(timestamp, (text) => new Date(text)),
  ),
];

const ours = [...plainScalars, ...taggedScalars, ...collectionTags];
const replaced = new Set(ours.map(({ tag }) => tag));

/** The tags of YAML 1.1, as SnakeYAML has them. */
export const snakeYamlTags = (tags: Tags): Tags => [
  ...tags.filter((tag) => typeof tag === 'string' || !replaced.has(tag.tag)),
  ...ours,
];
