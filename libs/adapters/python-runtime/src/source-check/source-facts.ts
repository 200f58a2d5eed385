/** Where something stands in a file, from 1; columns in units of UTF-16. */
interface SourcePlace {
  readonly line: number;
  readonly column: number;
}

/** What keeps a file from being compiled, in Python's words. */
interface SourceFault extends Partial<SourcePlace> {
  readonly message: string;
  /** The version of Python that says so. */
  readonly python?: string;
}

/** What is known of a function; without a place nothing is. */
interface FunctionFacts extends Partial<SourcePlace> {
  /** Why it cannot be called with data and context: `takes 1 argument`. */
  readonly misfit?: string;
  /** What it returns whatever it does, where that is no list: `a coroutine`. */
  readonly returns?: string;
}

/** What is known of a file that can be compiled. */
interface ModuleFacts {
  /** True where it may have functions that nobody sees, by a star import for example. */
  readonly isOpaque: boolean;
  readonly hasClasses: boolean;
  /** Those that were asked for and that it has. */
  readonly functions: ReadonlyMap<string, FunctionFacts>;
  /** The first functions that were not asked for and that nothing in the file names. */
  readonly uncalled: readonly (SourcePlace & { readonly name: string })[];
}

/** A file's fault, or what is known of it. */
export type SourceFacts = { readonly fault: SourceFault } | ModuleFacts;

/** What the Python side answers. */
type Answer = { readonly python: string } & (
  | { readonly fault: SourceFault }
  | (Omit<ModuleFacts, 'functions'> & { readonly functions: Readonly<Record<string, FunctionFacts>> })
);

/** Reads the answer of our own script, which has run nothing of anybody else's. */
export function readFacts(text: string): SourceFacts {
  const { python, ...answer } = JSON.parse(text) as Answer;
  if ('fault' in answer) return { fault: { ...answer.fault, python } };
  return { ...answer, functions: new Map(Object.entries(answer.functions)) };
}
