import type { Route } from './route.js';

/** Every method that a route takes which takes any, as TorchServe does. */
export const anyMethod = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'] as const;

/** Where what the operator's page asks begins. */
export const pageApiPath = '/dashboard/api';
/** Where the queue board is. */
export const boardPath = '/dashboard/queues';
/** Where the operator's page is. */
export const pagePath = '/dashboard';
/** What the page shows by its path. All else below it is closed as whatever is not there. */
export const pagePlaces = ['workflows', 'requests', 'operations', 'fleet', 'audit'] as const;
/** The session of whoever has signed in on the page. */
export const sessionPath = `${pageApiPath}/session`;

const health = { methods: ['GET'], permissions: [], kind: 'health' } as const;
const description = { path: '/', methods: ['OPTIONS'], permissions: [], kind: 'document' } as const;
const looking = { methods: ['GET'], permissions: ['read'], kind: 'api' } as const;
const changing = { permissions: ['register'], kind: 'api' } as const;
const pageFile = { methods: ['GET', 'HEAD'], permissions: [], kind: 'document', onlyWith: 'page' } as const;

/** What the management API serves. */
export const managementRoutes = [
  description,
  { ...looking, path: '/workflows' },
  { ...changing, path: '/workflows', methods: ['POST'] },
  { ...looking, path: '/workflows/:name' },
  { ...changing, path: '/workflows/:name', methods: ['PUT', 'DELETE'] },
  { ...looking, path: '/workflows/:name/all' },
  { ...changing, path: '/workflows/:name/traffic', methods: ['PUT'] },
  // A segment that is no version is ignored, as TorchServe does.
  { ...looking, path: '/workflows/:name/:version' },
  { ...changing, path: '/workflows/:name/:version', methods: ['DELETE'] },
  { ...changing, path: '/workflows/:name/:version/set-default', methods: ['PUT'] },
  { ...looking, path: '/operations/:id' },
  { ...changing, path: '/operations/:id', methods: ['DELETE'] },
  { ...looking, path: '/audit' },
  { ...health, path: '/health/live' },
  { ...health, path: '/health/ready' },
  { ...looking, path: '/openapi.json', kind: 'document' },
  { path: '/token', methods: ['GET'], permissions: ['renew'], kind: 'api', onlyWith: 'keys' },
  { path: `${boardPath}/*`, methods: ['GET', 'HEAD'], permissions: ['read'], kind: 'page', onlyWith: 'queues' },
  {
    ...{ path: `${boardPath}/*`, methods: ['POST', 'PUT', 'PATCH', 'DELETE'], permissions: ['register'] },
    ...{ kind: 'page', onlyWith: 'queues' },
  },
  { ...looking, path: `${pageApiPath}/overview` },
  { ...looking, path: `${pageApiPath}/workflows` },
  { ...looking, path: `${pageApiPath}/workflows/:name` },
  { ...looking, path: `${pageApiPath}/operations` },
  { ...looking, path: `${pageApiPath}/requests`, onlyWith: 'requests' },
  { ...looking, path: `${pageApiPath}/requests/:id`, onlyWith: 'requests' },
  { ...looking, path: `${pageApiPath}/audit` },
  { ...looking, path: `${pageApiPath}/events` },
  { ...changing, path: `${pageApiPath}/operations/:id/retry`, methods: ['POST'] },
  { ...changing, path: `${pageApiPath}/try/:workflow`, methods: ['POST'] },
  // The page holds nothing secret, and asks for a key itself.
  { ...pageFile, path: pagePath },
  { ...pageFile, path: `${pagePath}/assets/*` },
  ...pagePlaces.flatMap((place) => [
    { ...pageFile, path: `${pagePath}/${place}` },
    { ...pageFile, path: `${pagePath}/${place}/*` },
  ]),
  { path: sessionPath, methods: ['GET', 'POST', 'DELETE'], permissions: [], kind: 'api', onlyWith: 'page' },
] as const satisfies readonly Route[];

/** What the inference API serves. */
export const inferenceRoutes = [
  description,
  { path: '/ping', methods: anyMethod, permissions: ['predict'], kind: 'api' },
  { path: '/wfpredict/:name', methods: anyMethod, permissions: ['predict'], kind: 'api' },
  { path: '/wfpredict/:name/*', methods: anyMethod, permissions: ['predict'], kind: 'api' },
  { ...health, path: '/health/live' },
  { ...health, path: '/health/ready' },
] as const satisfies readonly Route[];

export type InferencePath = (typeof inferenceRoutes)[number]['path'];
