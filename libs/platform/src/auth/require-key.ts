import type { TorchweaveError } from '@torchweave/domain';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AccessKeys } from './access-keys.js';
import { isOpenRoute, type RouteRule } from './permission.js';

/** Why a request is not let in; undefined when it is. */
export function refusalOf(
  keys: AccessKeys,
  rule: RouteRule,
  request: FastifyRequest,
): TorchweaveError<'unauthorized'> | undefined {
  // Of the route, not of the address: what is spelt in another way is another route, or none, and so closed.
  const route = request.routeOptions.url;
  const { method } = request;
  return isOpenRoute(method, route) ? undefined : keys.refusal(request.headers.authorization, rule(method, route));
}

/**
 * Closes every route of the server, those that are added later and those that do not exist included. Must be called
 * before any part of the server is registered.
 */
export function requireKey(fastify: FastifyInstance, keys: AccessKeys, rule: RouteRule): void {
  fastify.addHook('onRequest', (request, _reply, done) => done(refusalOf(keys, rule, request)));
}
