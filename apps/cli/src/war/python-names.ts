import { pythonLines, type PythonLine } from './python-source.js';

const name = '[\\p{L}_][\\p{L}\\p{N}_]*';
const definition = new RegExp(`^(?:async\\s+)?(?:def|class)\\s+(${name})`, 'u');
const globals = new RegExp(`^global\\s+(.+)$`, 'u');
const importFrom = /^from\s+\S+\s+import\s+(.+)$/u;
const plainImport = /^import\s+(.+)$/u;
/** What may give a module any name: a star import, code that is run, a hand on the module's own table of names. */
const opaque = /^from\s+\S+\s+import\s+\*|\b(?:exec|globals|vars|setattr|__dict__|__getattr__)\b/u;
/** The left side of an assignment, an annotated name, the variables of a loop or of `with … as`. */
const targets = [/^([^=(]+?)\s*(?::[^=]*)?=(?!=)/u, /^for\s+(.+?)\s+in\b/u, /\bas\s+([^:]+)/u];
const names = new RegExp(name, 'gu');

function importedNames(list: string, isFrom: boolean): string[] {
  const parts = list.replace(/[()]/g, '').split(',');
  return parts.flatMap((part) => {
    const [imported = '', renamed] = part.trim().split(/\s+as\s+/u);
    return renamed ?? (isFrom ? imported : (imported.split('.')[0] ?? ''));
  });
}

function namesOf({ text }: PythonLine): string[] {
  const defined = definition.exec(text)?.[1];
  if (defined !== undefined) return [defined];
  const from = importFrom.exec(text)?.[1];
  if (from !== undefined) return importedNames(from, true);
  const plain = plainImport.exec(text)?.[1];
  if (plain !== undefined) return importedNames(plain, false);
  // `a = b = f` gives both names: every part of the line up to the last `=` may be a target.
  const chain = text.split(/(?<![=!<>])=(?!=)/u).slice(0, -1);
  return [...chain, ...targets.map((target) => target.exec(text)?.[1] ?? '')].flatMap(
    (part) => part.match(names) ?? [],
  );
}

/**
 * The names that a Python file defines at its top level, also in its `if` and `try` blocks; undefined where that cannot
 * be told from the text. It would rather take a word too many for a name than miss one.
 */
export function topLevelNames(source: string): ReadonlySet<string> | undefined {
  const found = new Set<string>();
  /** Indentation of the function or class that we are in. */
  let inside: number | undefined;
  for (const line of pythonLines(source)) {
    if (opaque.test(line.text)) return undefined;
    for (const global of globals.exec(line.text)?.[1]?.match(names) ?? []) found.add(global);
    if (inside !== undefined && line.indent > inside) continue;
    inside = definition.test(line.text) ? line.indent : undefined;
    for (const defined of namesOf(line)) if (defined !== '') found.add(defined);
  }
  return found;
}
