import { redisUrlRule } from '@torchweave/redis-client';
import { textLike, urlOf } from '../setting-values.js';
import { path } from './bounds.js';
import type { Setting } from './setting.js';

/** What is kept, and where. */
export const stateSettings = {
  redisUrl: {
    flag: 'redis-url',
    variable: 'REDIS_URL',
    description: 'Redis or Valkey, redis://[user:password@]host:port[/db]',
    schema: urlOf(/^rediss?:$/, redisUrlRule).optional(),
  },
  namespace: {
    flag: 'redis-namespace',
    variable: 'TORCHWEAVE_REDIS_NAMESPACE',
    description: 'Prefix of all keys in Redis (default torchweave)',
    schema: textLike(/^[\w.-]{1,64}$/, '1 to 64 letters, digits, dots, dashes and underscores').default('torchweave'),
  },
  dataDir: {
    flag: 'data-dir',
    variable: 'TORCHWEAVE_DATA_DIR',
    description: 'Folder for archives and the embedded Redis (default .torchweave)',
    schema: path.default('.torchweave'),
  },
  archiveStore: {
    flag: 'archive-store',
    variable: 'TORCHWEAVE_ARCHIVE_STORE',
    description: 'Folder of the registered archives, shared by apis, workers and gateways (default DATA_DIR/archives)',
    schema: path.optional(),
  },
} as const satisfies Record<string, Setting>;
