import type { ErrorCode } from 'yaml';

/** What is wrong, by the parser's code: its own words are made for whoever writes a parser. */
const messages: Partial<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'An alias cannot have an anchor or a tag.',
  BAD_ALIAS: 'An alias or anchor has a name that it cannot have.',
  BAD_COLLECTION_TYPE: 'The tag does not fit what it stands before.',
  BAD_DIRECTIVE: 'The line that begins with % is not a directive of YAML.',
  BAD_DQ_ESCAPE: 'There is no such escape after \\ in double quotes.',
  BAD_INDENT: 'The line is not indented as those that it belongs to.',
  BAD_PROP_ORDER: 'Anchors and tags come after the sign that begins an entry.',
  BAD_SCALAR_START: 'A text cannot begin with this character. Put it in quotes.',
  BLOCK_AS_IMPLICIT_KEY: 'A mapping or list of several lines cannot begin on the line of its key.',
  BLOCK_IN_FLOW: 'Inside of brackets everything is written with brackets and commas.',
  DUPLICATE_KEY: 'The key stands there twice.',
  KEY_OVER_1024_CHARS: 'A key has more than 1024 characters.',
  MISSING_CHAR: 'A closing bracket or quote, a colon, a comma or a space is missing here.',
  MULTILINE_IMPLICIT_KEY: 'A key takes more than one line, or its colon is missing.',
  MULTIPLE_ANCHORS: 'A value cannot have more than one anchor.',
  MULTIPLE_DOCS: 'There is more than one document.',
  MULTIPLE_TAGS: 'A value cannot have more than one tag.',
  TAB_AS_INDENT: 'Tabs are not allowed as indentation.',
  TAG_RESOLVE_FAILED: 'The tag is not known.',
  UNEXPECTED_TOKEN: 'There is a sign that YAML does not expect here.',
};

/** A sentence for an error of the parser. */
export const yamlMessage = (code: ErrorCode): string => messages[code] ?? 'What stands here is not YAML.';
