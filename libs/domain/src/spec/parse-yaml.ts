import { parseDocument, visit, type Document, type ParsedNode, type Scalar } from 'yaml';
import { layoutOf, withPlainLineEnds } from './parser-text.js';
import { snakeYamlTags, valueOfPlain } from './scalar-tags.js';

/** A file as the parser reads it. */
export interface ParsedYaml {
  /** What the parser was given. */
  readonly text: string;
  readonly document: Document.Parsed;
  /** Where the file is nested too deeply to be parsed at all. */
  readonly tooDeepAt?: number | undefined;
  /** Where in the file stands what the parser has at an offset. */
  readonly offsetInFile: (offset: number) => number;
}

/** A text below `|` or `>` that ends with the file, in a line without an end: the parser adds one to its value. */
const endsWithFile = ({ type, range }: Scalar, text: string): boolean =>
  (type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED') && range?.[1] === text.length && !text.endsWith('\n');

function parse(text: string): Document.Parsed {
  // YAML 1.1 is what TorchServe's parser reads.
  const document = parseDocument<ParsedNode>(text, {
    version: '1.1',
    customTags: snakeYamlTags,
    resolveKnownTags: false,
    merge: true,
    // The parser compares every key with every other; findYamlFaults looks for repeated ones.
    uniqueKeys: false,
    prettyErrors: false,
  });
  visit(document, {
    Scalar(_key, scalar) {
      // The tag without a name takes the quotes away.
      if (scalar.tag === '!') scalar.value = valueOfPlain(scalar.source ?? '');
      else if (endsWithFile(scalar, text) && typeof scalar.value === 'string') {
        scalar.value = scalar.value.replace(/\n$/, '');
      }
    },
  });
  return document;
}

/** Parses a file; what the parser refuses and TorchServe's does not is put in the form that both take. */
export function parseYaml(file: string): ParsedYaml {
  const text = withPlainLineEnds(file);
  const { tooDeepAt, spaced } = layoutOf(text);
  const document = parse(tooDeepAt === undefined ? text : '');
  if (spaced !== undefined && document.errors.length > 0) return { ...spaced, document: parse(spaced.text) };
  return { text, document, tooDeepAt, offsetInFile: (offset) => offset };
}
