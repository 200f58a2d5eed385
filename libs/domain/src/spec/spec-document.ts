import { isCollection, isMap, isNode, isScalar, isSeq } from 'yaml';
import type { Node, Pair, YAMLMap } from 'yaml';
import { shorten } from '../errors/bound-data.js';
import type { SpecProblem } from '../errors/catalogue/archive-errors.js';
import { AliasTargets } from './alias-targets.js';
import { keyIdentity } from './key-identity.js';
import { LineStarts, type Place } from './line-starts.js';
import { parseYaml, type ParsedYaml } from './parse-yaml.js';
import { findYamlFaults, isMergeKey, maxBrought, type YamlFault } from './yaml-faults.js';

/** More than any real spec has. */
const maxSpecCharacters = 250_000;
const maxShownCharacters = 100;
const maxMessageCharacters = 500;

/** Adds one problem at the place of a YAML node. */
export type Report = (at: Node | null | undefined, message: string) => void;

/** One validation rule: what it demands and how it is checked. */
export interface SpecRule {
  readonly name: string;
  /** Why a spec that breaks the rule is refused. */
  readonly description: string;
  /** @param warn tells what is taken all the same, because TorchServe takes it. */
  check(document: SpecDocument, report: Report, warn: Report): void;
}

/** Thrown where `<<` brings in more keys than {@link maxBrought}. */
export class TooMuchMergedError extends Error {
  constructor(readonly problem: SpecProblem) {
    super(problem.message);
  }
}

/** A key of a mapping with its value, as written in the file. */
export interface Entry {
  /** The key as text, whatever YAML takes it for. */
  readonly key: string;
  readonly keyNode: Node;
  readonly value: Node | null;
}

/** A YAML file with the positions of its nodes. */
export class SpecDocument {
  private readonly lines: LineStarts;
  private readonly yaml: ParsedYaml;
  private readonly targets: AliasTargets;
  private mergedKeys = 0;
  private readonly merged = new Map<YAMLMap, Entry[]>();
  /** What keeps the file from being read at all; with any of these the rules are not checked. */
  readonly syntaxProblems: readonly SpecProblem[];

  constructor(
    text: string,
    readonly file: string,
  ) {
    const isTooLarge = text.length > maxSpecCharacters;
    this.yaml = parseYaml(isTooLarge ? '' : text);
    this.lines = new LineStarts(isTooLarge ? '' : text);
    this.targets = new AliasTargets(this.yaml.document);
    const faults: readonly YamlFault[] = isTooLarge
      ? [{ offset: 0, message: `the file has more than ${maxSpecCharacters} characters.` }]
      : findYamlFaults(this.yaml, this.targets);
    this.syntaxProblems = faults.map(({ offset, message }) => this.problemAt('yaml', offset, message));
  }

  /** The top mapping; undefined where the file holds something else. */
  get root(): YAMLMap | undefined {
    const { contents } = this;
    return isMap(contents) ? contents : undefined;
  }

  /** Whatever the file holds; null where it holds nothing. */
  get contents(): Node | null {
    return this.yaml.document.contents;
  }

  /**
   * The entries of a mapping, aliases followed, `<<` merged; empty for anything else.
   *
   * @throws TooMuchMergedError
   */
  entries(node: Node | null | undefined): Entry[] {
    const map = this.resolve(node);
    if (!isMap(map)) return [];
    const known = this.merged.get(map);
    if (known !== undefined) return known;
    const entries = new Map<unknown, Entry>();
    for (const entry of this.inherited(map)) {
      this.mergedKeys += 1;
      if (this.mergedKeys > maxBrought) {
        throw new TooMuchMergedError(
          this.problem('yaml', map, `<< brings in more than ${maxBrought} keys in this file.`),
        );
      }
      const identity = keyIdentity(this.resolve(entry.keyNode));
      if (!entries.has(identity)) entries.set(identity, entry);
    }
    for (const { key, value } of this.ownPairs(map)) {
      const own = { key: this.keyText(key), keyNode: key, value: this.resolve(value) };
      entries.set(keyIdentity(this.resolve(key)), own);
    }
    const all = [...entries.values()];
    this.merged.set(map, all);
    return all;
  }

  /** The items of a list; empty for anything else. An alias stays one: its place is where the item stands. */
  items(node: Node | null | undefined): Node[] {
    const list = this.resolve(node);
    return isSeq(list) ? list.items.filter(isNode) : [];
  }

  /** The value under a key of the top mapping; undefined where the key is absent. */
  section(key: string): Entry | undefined {
    return this.entries(this.root).find((entry) => entry.key === key);
  }

  /** The value of a scalar, null for nothing; undefined for a mapping or a list. */
  scalar(node: Node | null | undefined): unknown {
    const found = this.resolve(node);
    if (found === null) return null;
    return isScalar(found) ? found.value : undefined;
  }

  /** A value as messages show it. */
  show(node: Node | null | undefined): string {
    const found = this.resolve(node);
    if (isMap(found)) return 'a mapping';
    if (isCollection(found)) return 'a list';
    const value = this.scalar(found);
    if (typeof value === 'string') return shorten(JSON.stringify(value), maxShownCharacters);
    return isScalar(found) ? shorten(found.source ?? String(value), maxShownCharacters) || 'null' : 'null';
  }

  /** Follows an alias to what it stands for. */
  resolve(node: Node | null | undefined): Node | null {
    return this.targets.resolve(node) ?? null;
  }

  problem(rule: string, at: Node | null | undefined, message: string): SpecProblem {
    return this.problemAt(rule, at?.range?.[0] ?? 0, message);
  }

  /** Where a node begins; the beginning of the file for none. */
  placeOf(node: Node | null | undefined): Place {
    return this.lines.placeOf(this.yaml.offsetInFile(node?.range?.[0] ?? 0));
  }

  private *ownPairs(map: YAMLMap): Generator<{ key: Node; value: Node | null }> {
    for (const { key, value } of map.items as Pair<Node, Node | null>[]) {
      if (!isMergeKey(key)) yield { key, value };
    }
  }

  private *inherited(map: YAMLMap): Generator<Entry> {
    for (const { key, value } of map.items as Pair<Node, Node | null>[]) {
      if (!isMergeKey(key)) continue;
      const source = this.resolve(value);
      for (const merged of isSeq(source) ? this.items(source) : [source]) yield* this.entries(merged);
    }
  }

  private problemAt(rule: string, offset: number, message: string): SpecProblem {
    const place = this.lines.placeOf(this.yaml.offsetInFile(offset));
    return { rule, message: shorten(message, maxMessageCharacters), file: this.file, ...place };
  }

  private keyText(key: Node): string {
    const value = this.scalar(key);
    return typeof value === 'string' ? value : this.show(key);
  }
}
