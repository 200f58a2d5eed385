/** Where the page's paths begin. */
export const base = '/dashboard/';

/** The tabs of one workflow. */
export const workflowTabs = ['graph', 'versions', 'operations', 'try'] as const;
export type WorkflowTab = (typeof workflowTabs)[number];

/** What a path of the page shows. */
export type Route =
  | { readonly page: 'home' | 'workflows' | 'requests' | 'operations' | 'fleet' | 'audit' }
  | { readonly page: 'workflow'; readonly name: string; readonly tab: WorkflowTab; readonly node?: string }
  | { readonly page: 'version'; readonly name: string; readonly version: number }
  | { readonly page: 'request' | 'operation' | 'part'; readonly id: string }
  | { readonly page: 'nowhere'; readonly path: string };

const lists = {
  workflows: 'workflows',
  requests: 'requests',
  operations: 'operations',
  fleet: 'fleet',
  audit: 'audit',
} as const;
const details = { requests: 'request', operations: 'operation', fleet: 'part' } as const;
const isKey = <T extends object>(of: T, key: string): key is string & keyof T => Object.hasOwn(of, key);

/** Reads a path below {@link base}. A path that is none is `nowhere`, never an exception. */
export function parsePath(path: string): Route {
  const [first = '', second, ...rest] = segments(path);
  if (first === '') return { page: 'home' };
  if (second === undefined) return isKey(lists, first) ? { page: lists[first] } : { page: 'nowhere', path };
  if (first === 'workflows') return workflowRoute(path, second, rest);
  if (rest.length === 0 && isKey(details, first)) return { page: details[first], id: second };
  return { page: 'nowhere', path };
}

function workflowRoute(path: string, name: string, [tab, item, ...rest]: readonly string[]): Route {
  if (tab === undefined) return { page: 'workflow', name, tab: 'graph' };
  if (tab === 'nodes' && item !== undefined && rest.length === 0)
    return { page: 'workflow', name, tab: 'graph', node: item };
  if (tab === 'versions' && item !== undefined && /^[1-9]\d{0,8}$/.test(item) && rest.length === 0)
    return { page: 'version', name, version: Number(item) };
  const known = workflowTabs.find((each) => each === tab && each !== 'graph');
  return known !== undefined && item === undefined ? { page: 'workflow', name, tab: known } : { page: 'nowhere', path };
}

function segments(path: string): string[] {
  const inside = path.startsWith(base) ? path.slice(base.length) : path.replace(/^\/(dashboard$)?/, '');
  const parts = inside.split('/').filter((part) => part !== '');
  try {
    return parts.map(decodeURIComponent);
  } catch {
    return ['%'];
  }
}

/** The path of what is named by `parts`, such as `hrefTo('workflows', 'digits')`. */
export const hrefTo = (...parts: readonly (string | number)[]): string =>
  base + parts.map((part) => encodeURIComponent(String(part).toWellFormed())).join('/');

/** A path that the api names, which stays below {@link base} whatever it says. */
export const hrefOf = (path: string): string => base + path.replace(/^[/\\]+/, '');
