/** A call of the management API that changes something, and the command that does the same. */
export interface Call {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** An archive that is sent as the body. */
  readonly file?: { readonly name: string };
  readonly command: readonly string[];
}

/** The address of a call at this server. */
export function addressOf({ path, query }: Call): string {
  const text = new URLSearchParams(query).toString();
  return text === '' ? path : `${path}?${text}`;
}

/** A word as a POSIX shell takes it, whatever is in it. */
export const quoted = (word: string): string =>
  /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** The call for curl. The key stands there by the name of a variable, never itself. */
export function curlOf(call: Call, origin: string, hasKeys: boolean): string {
  const { method, json, file } = call;
  return [
    'curl',
    ...(method === 'POST' && (json !== undefined || file !== undefined) ? [] : ['-X', method]),
    ...(hasKeys ? ['-H', '"Authorization: Bearer $KEY"'] : []),
    ...(json === undefined ? [] : ['-H', quoted('content-type: application/json'), '-d', quoted(JSON.stringify(json))]),
    ...(file === undefined
      ? []
      : ['-H', quoted('content-type: application/zip'), '--data-binary', quoted(`@${file.name}`)]),
    quoted(origin + addressOf(call)),
  ].join(' ');
}

/** The command that does the same. */
export const commandOf = ({ command }: Call): string => ['torchweave', ...command].map(quoted).join(' ');

const workflowPath = (name: string, ...rest: readonly (string | number)[]): string =>
  ['/workflows', ...[name, ...rest].map((part) => encodeURIComponent(part))].join('/');

/** Answered at once: the page follows the operation. */
const atOnce = { synchronous: 'false' };

/** An archive: its URL, or a file of this machine. */
export type ArchiveSource = { readonly url: string } | { readonly file: { readonly name: string } };

const sourceOf = (source: ArchiveSource) =>
  'url' in source
    ? { query: { url: source.url }, word: source.url }
    : { query: {}, file: { name: source.file.name }, word: `./${source.file.name}` };

/** Registers an archive under `name`, or under its own where that is ''. */
export function registering(source: ArchiveSource, name: string): Call {
  const { query, word, ...file } = sourceOf(source);
  const named: Record<string, string> = name === '' ? {} : { workflow_name: name };
  const command = ['workflow', 'register', word, ...(name === '' ? [] : ['--name', name])];
  return { method: 'POST', path: '/workflows', query: { ...query, ...named, ...atOnce }, ...file, command };
}

/** Makes the next version; `watchSeconds` takes it back by itself when too many predictions fail. */
export function updating(
  name: string,
  source: ArchiveSource,
  { isDefault, watchSeconds }: { isDefault: boolean; watchSeconds: number },
): Call {
  const { query, word, ...file } = sourceOf(source);
  const watched: Record<string, string> = isDefault && watchSeconds > 0 ? { watch_seconds: String(watchSeconds) } : {};
  const waiting: Record<string, string> = isDefault ? {} : { set_default: 'false' };
  const flags = [
    ...(isDefault ? [] : ['--no-default']),
    ...('watch_seconds' in watched ? ['--watch', String(watchSeconds)] : []),
  ];
  return {
    ...{ method: 'PUT', path: workflowPath(name), query: { ...query, ...waiting, ...watched, ...atOnce }, ...file },
    command: ['workflow', 'update', name, word, ...flags],
  };
}

/** Lets a version serve. */
export const settingDefault = (name: string, version: number): Call => ({
  ...{ method: 'PUT', path: workflowPath(name, version, 'set-default'), query: atOnce },
  command: ['workflow', 'rollback', name, String(version)],
});

/** Shares the requests out: version to per cent. */
export const directing = (name: string, weights: Readonly<Record<string, number>>): Call => ({
  ...{ method: 'PUT', path: workflowPath(name, 'traffic'), query: {}, json: { weights, synchronous: false } },
  command: ['workflow', 'traffic', name, ...Object.entries(weights).map(([version, share]) => `${version}=${share}`)],
});

/** Removes a version that does not serve. No command does it. */
export const removingVersion = (name: string, version: number): Call => ({
  ...{ method: 'DELETE', path: workflowPath(name, version), query: atOnce },
  command: [],
});

/** Unregisters a workflow with all its versions. */
export const unregistering = (name: string): Call => ({
  ...{ method: 'DELETE', path: workflowPath(name), query: atOnce },
  command: ['workflow', 'unregister', name],
});
