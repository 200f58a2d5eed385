import { isMap, isScalar, LineCounter, parseDocument, type Node, type Pair, type YAMLMap } from 'yaml';
import type { SpecProblem } from '../errors/catalogue.js';

/** Deeper nesting and larger files than any real spec has. */
const maxSpecCharacters = 1_000_000;
const maxAliases = 100;

/** Adds one problem at the place of a YAML node. */
export type Report = (at: Node | null | undefined, message: string) => void;

/** One validation rule: what it demands and how it is checked. */
export interface SpecRule {
  readonly name: string;
  /** Why a spec that breaks the rule is refused. */
  readonly description: string;
  check(document: SpecDocument, report: Report): void;
}

/** A key of a mapping with its value, as written in the file. */
export interface Entry {
  readonly key: string;
  readonly keyNode: Node;
  readonly value: Node | null;
}

/** A YAML file with the positions of its nodes. */
export class SpecDocument {
  private readonly lines = new LineCounter();
  private readonly document;
  readonly syntaxProblems: readonly SpecProblem[];

  constructor(
    text: string,
    readonly file: string,
  ) {
    const tooLarge = text.length > maxSpecCharacters;
    // YAML 1.1 is what TorchServe's parser reads: `yes` is a boolean there, and so it is here.
    this.document = parseDocument(tooLarge ? '' : text, {
      version: '1.1',
      lineCounter: this.lines,
      prettyErrors: false,
      uniqueKeys: true,
      merge: true,
    });
    this.syntaxProblems = tooLarge
      ? [{ ...this.problem('yaml', null, `the file has more than ${maxSpecCharacters} characters.`) }]
      : this.document.errors.map((error) =>
          this.problemAt('yaml', error.pos[0], `Failed to parse yaml. ${error.message}`),
        );
    if (this.syntaxProblems.length === 0 && this.countAliases(text) > maxAliases) {
      this.syntaxProblems = [this.problem('yaml', null, `the file has more than ${maxAliases} aliases.`)];
    }
  }

  /** The top mapping; undefined where the file holds something else. */
  get root(): YAMLMap | undefined {
    const { contents } = this.document;
    return isMap(contents) ? contents : undefined;
  }

  get contents(): Node | null {
    return this.document.contents as Node | null;
  }

  /** The entries of a mapping, aliases followed, `<<` merged; empty for anything else. */
  entries(node: Node | null | undefined): Entry[] {
    const resolved = this.resolve(node);
    if (!isMap(resolved)) return [];
    return resolved.items.map((pair: Pair<unknown, unknown>) => {
      const keyNode = pair.key as Node;
      return { key: this.keyText(keyNode), keyNode, value: this.resolve(pair.value as Node | null) };
    });
  }

  /** The value under a key of the top mapping; undefined where the key is absent. */
  section(key: string): Entry | undefined {
    return this.entries(this.root).find((entry) => entry.key === key);
  }

  /** The plain value of a node. */
  valueOf(node: Node | null): unknown {
    return node === null ? null : node.toJS(this.document, { maxAliasCount: maxAliases });
  }

  /** Follows an alias to what it stands for. */
  resolve(node: Node | null | undefined): Node | null {
    if (node === null || node === undefined) return null;
    return 'resolve' in node ? ((node.resolve(this.document) as Node | undefined) ?? null) : node;
  }

  problem(rule: string, at: Node | null | undefined, message: string): SpecProblem {
    return this.problemAt(rule, at?.range?.[0] ?? 0, message);
  }

  private problemAt(rule: string, offset: number, message: string): SpecProblem {
    const { line, col } = this.lines.linePos(offset);
    return { rule, message, file: this.file, line: Math.max(1, line), column: Math.max(1, col) };
  }

  private keyText(key: Node): string {
    return isScalar(key) ? String(key.value) : JSON.stringify(key);
  }

  private countAliases(text: string): number {
    return text.match(/(^|[\s[{,:-])\*[^\s,\]}]+/g)?.length ?? 0;
  }
}
