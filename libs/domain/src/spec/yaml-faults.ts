import { isCollection, isMap, isPair, isScalar, isSeq, visit } from 'yaml';
import type { Alias, Document, Node, Scalar, YAMLWarning } from 'yaml';
import { maxAliases, type AliasTargets } from './alias-targets.js';
import { keyIdentity } from './key-identity.js';
import type { ParsedYaml } from './parse-yaml.js';
import { yamlMessage } from './yaml-messages.js';

/** What keeps a file from being read as YAML. */
export interface YamlFault {
  /** In characters from the beginning of the file. */
  readonly offset: number;
  readonly message: string;
}

/** A file that is not YAML at all breaks at every turn. */
const maxFaults = 10;
/** Values that aliases may bring in together, and keys that `<<` may: what is read is not much larger than what is written. */
export const maxBrought = 10_000;

/** True for a plain `<<`; in quotes it is a key like any other. */
export const isMergeKey = (key: unknown): key is Scalar => isScalar(key) && typeof key.value === 'symbol';

/** Characters that YAML does not have, outside of an escape. */
const notPrintable = /[^\t\n\r\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

function findControlCharacter(text: string): YamlFault[] {
  const found = notPrintable.exec(text);
  if (found === null) return [];
  const code = (found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return [{ offset: found.index, message: `Failed to parse yaml. The character U+${code} is not allowed.` }];
}

/** What the parser only warns of and does not read as its author means: a tag, or a version of YAML, that it does not know. */
function isRefused({ code, pos }: YAMLWarning, text: string): boolean {
  return (
    code !== 'BAD_DIRECTIVE' ||
    /^%YAML[ \t]+(?!1\.)/.test(text.slice(text.lastIndexOf('\n', pos[0]) + 1, pos[0] + 1_000))
  );
}

function findSyntaxFaults({ document: { errors, warnings }, text, tooDeepAt }: ParsedYaml): YamlFault[] {
  if (tooDeepAt !== undefined) return [{ offset: tooDeepAt, message: 'the file is nested too deeply.' }];
  const refused = [...errors, ...warnings.filter((warning) => isRefused(warning, text))];
  return refused.slice(0, maxFaults).map(({ code, pos }) => ({
    offset: pos[0],
    message: `Failed to parse yaml. ${yamlMessage(code)}`,
  }));
}

/** How much each alias brings in. What an alias stands for is written before it, so what is in there is known by then. */
class BroughtValues {
  private readonly sizes = new Map<Node, number>();
  private total = 0;

  constructor(private readonly targets: AliasTargets) {}

  /** @returns false when the aliases up to this one bring in too much. */
  add(alias: Alias): boolean {
    this.total += this.sizeOf(alias);
    return this.total <= maxBrought;
  }

  private sizeOf(node: unknown): number {
    if (isPair(node)) return isMergeKey(node.key) ? 1 : this.sizeOf(node.key) + this.sizeOf(node.value);
    const target = this.targets.resolve(node);
    if (target === undefined || !isCollection(target)) return 1;
    const known = this.sizes.get(target);
    if (known !== undefined) return known;
    const size = target.items.reduce<number>(
      (sum, item) => Math.min(sum + this.sizeOf(item), Number.MAX_SAFE_INTEGER),
      1,
    );
    this.sizes.set(target, size);
    return size;
  }
}

/** Aliases that lead nowhere or into themselves, too many of them, and `<<` of what cannot be merged. */
function findAliasFaults(document: Document.Parsed, targets: AliasTargets): YamlFault[] {
  const faults: YamlFault[] = [];
  const add = (at: Node, message: string): void => {
    faults.push({ offset: at.range?.[0] ?? 0, message });
  };
  const brought = new BroughtValues(targets);
  visit(document, {
    Alias(_key, alias, path) {
      if (alias === targets.beyond) {
        add(alias, `the file has more than ${maxAliases} aliases.`);
        return visit.BREAK;
      }
      const target = targets.resolve(alias);
      if (target === undefined) add(alias, `the alias *${alias.source} has no anchor before it.`);
      else if (path.includes(target)) add(alias, `the alias *${alias.source} stands for what it is part of.`);
      // One that stands for what it is part of has no size.
      else if (faults.length === 0 && !isMerged(path) && !brought.add(alias)) {
        add(alias, `the aliases up to this one bring in more than ${maxBrought} values.`);
        return visit.BREAK;
      }
      return undefined;
    },
    Pair(_key, { key, value }) {
      if (!isMergeKey(key)) return;
      const source = targets.resolve(value);
      const sources = isSeq(source) ? source.items.map((item) => targets.resolve(item)) : [source];
      if (!sources.every(isMap)) add(key, '<< takes a mapping or a list of mappings.');
    },
  });
  return faults;
}

/** True for an alias below `<<`: its keys are counted when they are merged. */
function isMerged(path: readonly unknown[]): boolean {
  const pair = isSeq(path.at(-1)) ? path.at(-2) : path.at(-1);
  return isPair(pair) && isMergeKey(pair.key);
}

/** Keys that a mapping has twice. TorchServe's parser takes the last of them without a word. */
function findRepeatedKeys(document: Document.Parsed): YamlFault[] {
  const faults: YamlFault[] = [];
  visit(document, {
    Map(_key, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (faults.length >= maxFaults) return visit.BREAK;
        if (!isScalar(key)) continue;
        const identity = keyIdentity(key);
        if (seen.has(identity)) {
          faults.push({ offset: key.range?.[0] ?? 0, message: `the key ${String(key.source)} stands there twice.` });
        }
        seen.add(identity);
      }
      return undefined;
    },
  });
  return faults;
}

/** Finds what is wrong with a file before its content is looked at. */
export function findYamlFaults(yaml: ParsedYaml, targets: AliasTargets): readonly YamlFault[] {
  const { document, text } = yaml;
  const unprintable = findControlCharacter(text);
  const faults = unprintable.length > 0 ? unprintable : findSyntaxFaults(yaml);
  if (faults.length > 0) return faults;
  return [...findRepeatedKeys(document), ...findAliasFaults(document, targets)].slice(0, maxFaults);
}
