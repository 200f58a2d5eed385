/** The environment of the command's process, read once by `main`. */
export type Environment = Readonly<Record<string, string | undefined>>;
