import { isAlias, isNode, visit, type Alias, type Document, type Node } from 'yaml';

/** More than any real spec has. */
export const maxAliases = 100;

/** What the aliases of a document stand for, found in one walk: the parser takes one for each look-up. */
export class AliasTargets {
  private readonly targets = new Map<Alias, Node>();
  /** The first alias beyond {@link maxAliases}; none of those after it is looked up. */
  readonly beyond: Alias | undefined;

  constructor(document: Document.Parsed) {
    const anchors = new Map<string, Node>();
    let count = 0;
    let beyond: Alias | undefined;
    visit(document, {
      Node: (_key, node) => {
        if (!isAlias(node)) {
          if (node.anchor !== undefined) anchors.set(node.anchor, node);
          return undefined;
        }
        count += 1;
        if (count > maxAliases) {
          beyond = node;
          return visit.BREAK;
        }
        const target = anchors.get(node.source);
        if (target !== undefined) this.targets.set(node, target);
        return undefined;
      },
    });
    this.beyond = beyond;
  }

  /** What an alias stands for; anything else stands for itself. Undefined where there is no such anchor before it. */
  resolve(node: unknown): Node | undefined {
    if (isAlias(node)) return this.targets.get(node);
    return isNode(node) ? node : undefined;
  }
}
