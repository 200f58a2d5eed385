import type { Logger } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import type { FastifyInstance } from 'fastify';
import type { AccessKeys, RenewedKey } from './access-keys.js';
import { renewableKeys } from './permission.js';

/** `GET /token?type=management|inference`: renews a key, as TorchServe does, and tells it, which TorchServe does not. */
export function serveKeyRenewal(fastify: FastifyInstance, keys: AccessKeys, logger: Logger): void {
  fastify.get<{ Querystring: { type?: unknown } }>('/token', ({ id, query }): RenewedKey => {
    const { type } = query;
    if (type === undefined) throw new TorchweaveError('parameterMissing', { parameter: 'type' });
    const kind = renewableKeys.find((name) => name === type);
    if (kind === undefined) {
      const value = typeof type === 'string' ? type : JSON.stringify(type);
      throw new TorchweaveError('parameterInvalid', { parameter: 'type', value, rule: renewableKeys.join(' or ') });
    }
    const renewed = keys.renew(kind);
    logger.info({ requestId: id, kind }, 'renewed a key');
    return renewed;
  });
}
