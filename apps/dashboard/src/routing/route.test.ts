import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hrefOf, hrefTo, parsePath } from './route.js';

describe('paths of the page', () => {
  it.each([
    ['/dashboard', { page: 'home' }],
    ['/dashboard/', { page: 'home' }],
    ['/dashboard/workflows', { page: 'workflows' }],
    ['/dashboard/workflows/digits', { page: 'workflow', name: 'digits', tab: 'graph' }],
    ['/dashboard/workflows/digits/nodes/a%2Fb', { page: 'workflow', name: 'digits', tab: 'graph', node: 'a/b' }],
    ['/dashboard/workflows/digits/versions', { page: 'workflow', name: 'digits', tab: 'versions' }],
    ['/dashboard/workflows/digits/versions/7', { page: 'version', name: 'digits', version: 7 }],
    ['/dashboard/workflows/digits/versions/0', { page: 'nowhere', path: '/dashboard/workflows/digits/versions/0' }],
    ['/dashboard/workflows/digits/graph', { page: 'nowhere', path: '/dashboard/workflows/digits/graph' }],
    ['/dashboard/requests/abc', { page: 'request', id: 'abc' }],
    ['/dashboard/operations/abc', { page: 'operation', id: 'abc' }],
    ['/dashboard/fleet/ts-2', { page: 'part', id: 'ts-2' }],
    ['/dashboard/audit/x', { page: 'nowhere', path: '/dashboard/audit/x' }],
    ['/dashboard/constructor', { page: 'nowhere', path: '/dashboard/constructor' }],
  ])('%s is read', (path, route) => expect(parsePath(path)).toEqual(route));

  it('throws at nothing', () => {
    fc.assert(fc.property(fc.string(), (text) => void parsePath(`/dashboard/${text}`)));
    expect(parsePath('/dashboard/%E0%A4%A').page).toBe('nowhere');
  });

  it('leads back to the name that it was made of', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (name) => {
        expect(parsePath(hrefTo('workflows', name))).toEqual({ page: 'workflow', name, tab: 'graph' });
      }),
    );
  });

  it('leaves the page for nobody', () => {
    expect(hrefOf('workflows/digits')).toBe('/dashboard/workflows/digits');
    for (const hostile of ['//evil.example/', 'javascript:alert(1)', '\\\\evil.example'])
      expect(new URL(hrefOf(hostile), 'http://here/').origin).toBe('http://here');
  });
});
