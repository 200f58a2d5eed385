import type { Route } from '../routing/route.js';

/** What a browser's tab and its history call a place. */
export function titleOf(route: Route): string {
  switch (route.page) {
    case 'workflow':
      return route.node === undefined ? route.name : `${route.node} of ${route.name}`;
    case 'version':
      return `${route.name} version ${route.version}`;
    case 'request':
      return `Request ${route.id}`;
    case 'operation':
      return `Operation ${route.id}`;
    case 'part':
      return route.id;
    case 'nowhere':
      return 'Not found';
    default:
      return `${route.page[0]?.toUpperCase() ?? ''}${route.page.slice(1)}`;
  }
}
