import type { ScalarTag, Tags } from 'yaml';

/*
 * What SnakeYAML, TorchServe's parser, takes a plain scalar for: its `Resolver`, and the constructors of its numbers. Where YAML 1.1
 * says otherwise (`y`, `e1`, `08`), what TorchServe did with a spec for years is what its author has meant.
 */

const int =
  /^[-+]?(?:0b_*[01][01_]*|0x_*[0-9a-fA-F][0-9a-fA-F_]*|0_*[0-7][0-7_]*|0|[1-9][0-9_]*|[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const float =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+|[-+]?\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
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

const scalar = (name: string, test: RegExp, resolve: (text: string) => unknown): ScalarTag => ({
  ...{ tag: `tag:yaml.org,2002:${name}`, default: true, test, resolve },
});

const scalars: readonly ScalarTag[] = [
  scalar('null', /^(?:~|null|Null|NULL| )?$/, () => null),
  scalar('bool', /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/, () => true),
  scalar('bool', /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/, () => false),
  scalar('int', int, readInt),
  scalar('float', float, readFloat),
  scalar('timestamp', timestamp, (text) => new Date(text)),
];
const replaced = new Set(scalars.map(({ tag }) => tag));

/** The tags of YAML 1.1, with SnakeYAML's scalars. */
export const snakeYamlTags = (tags: Tags): Tags => [
  ...tags.filter((tag) => typeof tag === 'string' || !replaced.has(tag.tag)),
  ...scalars,
];
