import { isAlias, isMap, isScalar, isSeq, visit, type Document, type Node, type Scalar } from 'yaml';

/** What keeps a file from being read as YAML. */
export interface YamlFault {
  /** In characters from the beginning of the file. */
  readonly offset: number;
  readonly message: string;
}

/** A file that is not YAML at all breaks at every turn. */
const maxFaults = 10;
/** More than any real spec has; to look one up takes a walk through the file. */
const maxAliases = 100;

/** True for a plain `<<`; in quotes it is a key like any other. */
export const isMergeKey = (key: unknown): key is Scalar => isScalar(key) && typeof key.value === 'symbol';

function findSyntaxFaults({ errors }: Document.Parsed): YamlFault[] {
  const tooDeep = errors.find((error) => error.code === 'RESOURCE_EXHAUSTION');
  if (tooDeep !== undefined) return [{ offset: tooDeep.pos[0], message: 'the file is nested too deeply.' }];
  return errors.slice(0, maxFaults).map(({ code, pos, message }) => ({
    offset: pos[0],
    message: `Failed to parse yaml. ${code === 'MULTIPLE_DOCS' ? 'There is more than one document.' : message}`,
  }));
}

/** Aliases that lead nowhere or into themselves, too many of them, and `<<` of what cannot be merged. */
function findAliasFaults(document: Document.Parsed): YamlFault[] {
  const faults: YamlFault[] = [];
  const add = (at: Node, message: string): void => {
    faults.push({ offset: at.range?.[0] ?? 0, message });
  };
  const targetOf = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);
  let aliases = 0;
  visit(document, {
    Alias(_key, alias, path) {
      aliases += 1;
      if (aliases > maxAliases) {
        add(alias, `the file has more than ${maxAliases} aliases.`);
        return visit.BREAK;
      }
      const target = alias.resolve(document);
      if (target === undefined) add(alias, `the alias *${alias.source} has no anchor before it.`);
      else if (path.includes(target)) add(alias, `the alias *${alias.source} stands for what it is part of.`);
      return undefined;
    },
    Pair(_key, { key, value }) {
      if (!isMergeKey(key)) return;
      const source = targetOf(value);
      const sources = isSeq(source) ? source.items.map(targetOf) : [source];
      if (!sources.every(isMap)) add(key, '<< takes a mapping or a list of mappings.');
    },
  });
  return faults;
}

/** Keys that a mapping has twice. TorchServe's parser takes the last of them without a word. */
function findRepeatedKeys(document: Document.Parsed): YamlFault[] {
  const faults: YamlFault[] = [];
  visit(document, {
    Map(_key, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) {
          faults.push({ offset: key.range?.[0] ?? 0, message: `the key ${String(key.source)} stands there twice.` });
        }
        seen.add(key.value);
      }
      return faults.length > maxFaults ? visit.BREAK : undefined;
    },
  });
  return faults;
}

/** Finds what is wrong with a file before its content is looked at. */
export function findYamlFaults(document: Document.Parsed): readonly YamlFault[] {
  const faults = findSyntaxFaults(document);
  if (faults.length > 0) return faults;
  return [...findRepeatedKeys(document), ...findAliasFaults(document)].slice(0, maxFaults);
}
