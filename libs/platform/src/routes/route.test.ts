import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { unroutedErrorOf } from '../http/unrouted.js';
import type { Route } from './route.js';
import { inferenceRoutes, managementRoutes, anyMethod } from './routes.js';

const any = anyMethod.join(', ');
const allowAt = (routes: Parameters<typeof unroutedErrorOf>[0], url: string): unknown => {
  const { data } = unroutedErrorOf(routes)(url) as { data: { allow?: string } };
  return data.allow;
};

describe('a method that a path does not take', () => {
  it.each([
    ['/', 'OPTIONS'],
    ['//', 'OPTIONS'],
    ['/workflows', 'GET, POST'],
    ['/workflows/?limit=1', 'GET, POST'],
    ['//workflows//a/', 'GET, PUT, DELETE'],
    ['/workflows/a/1/set-default', 'PUT'],
    ['/workflows/a/traffic', 'PUT'],
    ['/workflows/a/b', 'GET, DELETE'],
    ['/workflows/a/b/c', undefined],
    ['/operations/1', 'GET, DELETE'],
    ['/health/live', 'GET'],
    ['/openapi.json', 'GET'],
    ['/openapixjson', undefined],
    ['/token', undefined],
    ['/dashboard/queues/x', undefined],
    ['/wfpredict/a', undefined],
  ])('of the management API at %s is answered with %s', (url, allow) =>
    expect(allowAt(managementRoutes, url)).toBe(allow),
  );

  it.each([
    ['/', 'OPTIONS'],
    ['/ping/', any],
    ['/wfpredict/a', any],
    ['/wfpredict/a/b/c', any],
    ['/wfpredict//', undefined],
    ['/health/ready', 'GET'],
    ['/workflows', undefined],
  ])('of the inference API at %s is answered with %s', (url, allow) =>
    expect(allowAt(inferenceRoutes, url)).toBe(allow),
  );
});

describe('the list of routes in docs/operations.md', () => {
  it('is that of the registry, row by row', () => {
    const operations = readFileSync(new URL('../../../../docs/operations.md', import.meta.url), 'utf8');
    const rows = operations
      .split('\n')
      .filter((line) => /^\| (management|inference) +\|/.test(line))
      .map((line) =>
        line
          .split('|')
          .map((cell) => cell.trim().replaceAll('`', ''))
          .slice(1, -1),
      );
    const listed = (api: string, routes: readonly Route[]): string[][] =>
      routes.map(({ methods, path, permissions }) => [
        ...[api, methods.join(', '), path],
        permissions.join(' or ') || 'nobody asks',
      ]);
    expect(rows).toEqual([...listed('management', managementRoutes), ...listed('inference', inferenceRoutes)]);
  });
});
