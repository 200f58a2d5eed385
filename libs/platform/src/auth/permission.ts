/** Roles of named keys: `read` looks at the management API, `register` changes things there too, `predict` runs workflows. */
export const roles = ['read', 'register', 'predict'] as const;

export type Role = (typeof roles)[number];

/** What a key allows; `renew` asks for new keys and nothing else. */
export type Permission = Role | 'renew';

/** The two keys of a key file that expire and are renewed. */
export const renewableKeys = ['management', 'inference'] as const;

export type RenewableKey = (typeof renewableKeys)[number];

/** Any one of the permissions that it returns opens the route; the route is undefined where there is none. */
export type RouteRule = (method: string, route: string | undefined) => readonly Permission[];

const openRoutes = new Set(['OPTIONS /', 'GET /health/live', 'GET /health/ready']);

/**
 * Routes that want no key: the API's description, and whether the process lives and can work, which balancers and containers
 * ask. Everything else is closed.
 */
export const isOpenRoute = (method: string, route: string | undefined): boolean =>
  route !== undefined && openRoutes.has(`${method} ${route}`);

const lookingMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

export const managementRule: RouteRule = (method, route) => {
  if (route === '/token') return ['renew'];
  return lookingMethods.has(method) ? ['read'] : ['register'];
};

/** Where the queue board is. */
export const boardPath = '/dashboard/queues';

/** Pages, for which a browser asks its user: it cannot be told to send a key by itself. */
export const isPageRoute = (route: string | undefined): boolean =>
  route !== undefined && (route === boardPath || route.startsWith(`${boardPath}/`));

export const inferenceRule: RouteRule = () => ['predict'];

/** Metrics, and why a process is not ready, are for whoever may look at either API. */
export const monitoringRule: RouteRule = () => ['read', 'predict'];
