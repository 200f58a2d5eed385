import type { Route } from '../routes/route.js';
import { inferenceRoutes, managementRoutes } from '../routes/routes.js';

/** Roles of named keys: `read` looks at the management API, `register` changes things there too, `predict` runs workflows. */
export const roles = ['read', 'register', 'predict'] as const;

type Role = (typeof roles)[number];

/** What a key allows; `renew` asks for new keys and nothing else. */
export type Permission = Role | 'renew';

/** The two keys of a key file that expire and are renewed. */
export const renewableKeys = ['management', 'inference'] as const;

export type RenewableKey = (typeof renewableKeys)[number];

/** Any one of the permissions that it returns opens the route; the route is undefined where there is none. */
export type RouteRule = (method: string, route: string | undefined) => readonly Permission[];

const keysOf = ({ path, methods }: Route): string[] => methods.map((method) => `${method} ${path}`);
const all: readonly Route[] = [...managementRoutes, ...inferenceRoutes];
const openRoutes = new Set(all.filter(({ permissions }) => permissions.length === 0).flatMap(keysOf));

/**
 * Routes that want no key: the API's description, and whether the process lives and can work, which balancers and containers
 * ask. Everything else is closed.
 */
export const isOpenRoute = (method: string, route: string | undefined): boolean =>
  route !== undefined && openRoutes.has(`${method} ${route}`);

const lookingMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** What a request must hold that no route takes is asked for its method alone: nobody is told without a key what is there. */
function ruleOf(routes: readonly Route[], unrouted: (method: string) => readonly Permission[]): RouteRule {
  const known = new Map(routes.flatMap((route) => keysOf(route).map((key) => [key, route.permissions] as const)));
  return (method, route) => known.get(`${method} ${route ?? ''}`) ?? unrouted(method);
}

export const managementRule = ruleOf(managementRoutes, (method) =>
  lookingMethods.has(method) ? ['read'] : ['register'],
);

const pages = new Set(all.filter(({ kind }) => kind === 'page').map(({ path }) => path.slice(0, -'/*'.length)));

/** Pages, for which a browser asks its user: it cannot be told to send a key by itself. */
export const isPageRoute = (route: string | undefined): boolean =>
  route !== undefined && [...pages].some((page) => route === page || route.startsWith(`${page}/`));

export const inferenceRule = ruleOf(inferenceRoutes, () => ['predict']);

/** Metrics, and why a process is not ready, are for whoever may look at either API. */
export const monitoringRule: RouteRule = () => ['read', 'predict'];
