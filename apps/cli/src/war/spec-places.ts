import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
  type Pair,
} from 'yaml';
import type { Place } from './problem.js';

interface Entry {
  readonly key: string;
  readonly keyNode: Node;
  readonly value: Node | null;
}

/** A node under `dag`, and the children that stand in its list. */
export interface DagEntry {
  readonly node: string;
  readonly at: Place;
  readonly children: readonly { readonly name: string; readonly at: Place }[];
}

/**
 * Where things stand in a spec file. It reads what it can and judges nothing: the rules are the domain's.
 */
export class SpecPlaces {
  private readonly lines = new LineCounter();
  private read: Document.Parsed | undefined;

  constructor(private readonly source: string) {}

  /** The section `dag`, or the beginning of the file. */
  get dag(): Place {
    return this.placeOf(this.section('dag')?.keyNode);
  }

  dagEntries(): DagEntry[] {
    return this.entries(this.section('dag')?.value).map(({ key, keyNode, value }) => ({
      node: key,
      at: this.placeOf(keyNode),
      children: this.items(value).map((item) => ({ name: this.text(item), at: this.placeOf(item) })),
    }));
  }

  /** The keys under `models`, settings among them. */
  modelKeys(): string[] {
    return this.entries(this.section('models')?.value).map(({ key }) => key);
  }

  /** The `url` of a model, or what stands nearest to it. */
  modelUrl(model: string): Place {
    const entry = this.entries(this.section('models')?.value).find(({ key }) => key === model);
    const url = this.entries(entry?.value).find(({ key }) => key === 'url');
    return this.placeOf(url?.value ?? entry?.keyNode);
  }

  /** When it is first asked for: what is no sound YAML has no places. */
  private get document(): Document.Parsed {
    return (this.read ??= this.parse());
  }

  /** As the domain reads it. */
  private parse(): Document.Parsed {
    return parseDocument(this.source, {
      version: '1.1',
      merge: true,
      prettyErrors: false,
      uniqueKeys: false,
      lineCounter: this.lines,
    });
  }

  private section(name: string): Entry | undefined {
    return this.entries(this.document.contents).find(({ key }) => key === name);
  }

  private entries(node: Node | null | undefined): Entry[] {
    const map = this.resolve(node);
    if (!isMap(map)) return [];
    return (map.items as Pair<Node, Node | null>[]).map(({ key, value }) => ({
      key: this.text(key),
      keyNode: key,
      value,
    }));
  }

  private items(node: Node | null): Node[] {
    const list = this.resolve(node);
    return isSeq(list) ? list.items.filter(isNode) : [];
  }

  private text(node: Node): string {
    const found = this.resolve(node);
    if (!isScalar(found)) return '';
    return typeof found.value === 'string' ? found.value : (found.source ?? '');
  }

  private resolve(node: Node | null | undefined): Node | null {
    if (!isAlias(node)) return node ?? null;
    return node.resolve(this.document) ?? null;
  }

  private placeOf(node: Node | null | undefined): Place {
    const { line, col } = this.lines.linePos(node?.range?.[0] ?? 0);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
}
