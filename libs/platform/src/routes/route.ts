import type { Permission } from '../auth/permission.js';

/** One way into a server. */
export interface Route {
  /** As Fastify spells it; `/*` at the end is whatever lies below. */
  readonly path: string;
  readonly methods: readonly string[];
  /** Any one of them opens it; nobody is asked for a key where there are none. */
  readonly permissions: readonly Permission[];
  /** A page is for browsers, which are asked for a key by a dialog of their own. */
  readonly kind: 'api' | 'document' | 'health' | 'page';
  /** What it is only there with: keys, queues to show, the operator's page, or requests that are kept. */
  readonly onlyWith?: 'keys' | 'queues' | 'page' | 'requests';
}

/** Paths that exist whatever is set, each with its methods as the `allow` header has them. */
export function knownPaths(routes: readonly Route[]): readonly (readonly [path: RegExp, allow: string])[] {
  const always = routes.filter(({ onlyWith }) => onlyWith === undefined);
  const methods = new Map<string, Route[]>();
  for (const route of always) methods.set(route.path, [...(methods.get(route.path) ?? []), route]);
  return [...methods].map(([path, ways]) => [
    patternOf(path),
    [...new Set(ways.flatMap((way) => way.methods))].join(', '),
  ]);
}

/** Slashes may be doubled, and one more may be at the end, as the routers have it. */
function patternOf(path: string): RegExp {
  const segments = path.split('/').filter((segment) => segment !== '');
  const isOpenEnded = segments.at(-1) === '*';
  const parts = segments.filter((segment) => segment !== '*').map(segmentPattern);
  return new RegExp(`^${parts.map((part) => `/+${part}`).join('')}${isOpenEnded ? '/.*' : '/*'}$`);
}

const segmentPattern = (segment: string): string =>
  segment.startsWith(':') ? '[^/]+' : segment.replace(/[.]/g, '\\.');
