const credentials = /(\w:\/\/)[^\s/]*@/;

/** The command line as others may see it; undefined where there is nothing to hide. */
export function publicCommandLine(args: readonly string[]): string | undefined {
  if (!args.some((arg) => credentials.test(arg))) return undefined;
  return ['torchweave', ...args.map((arg) => arg.replace(credentials, '$1…@'))].join(' ');
}

/** Takes user and password of an address out of what every user of the machine reads of this process. */
export function hideSecrets(args: readonly string[]): void {
  const line = publicCommandLine(args);
  if (line !== undefined) process.title = line;
}
