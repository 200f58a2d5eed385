/**
 * The layers as an allow-list: kernel <- domain <- application <- adapters <- composition <- apps. What a layer may import is
 * said here; everything else is refused, and a file that lies in no layer may import nothing.
 */
const anyBuiltin = ['node:*'];
const adapters = [
  'archive-source',
  'bullmq-job-queue',
  'embedded-redis',
  'filesystem-archive-store',
  'opentelemetry-traces',
  'python-runtime',
  'redis-workflow-state',
  'torchserve-model-server',
].map((name) => `@torchweave/${name}`);
const rules = ['@torchweave/kernel', '@torchweave/domain', '@torchweave/application'];
const redisClient = '@torchweave/redis-client';
const archiveFormat = '@torchweave/archive-format';
const httpExchange = '@torchweave/http-exchange';

/** @type {readonly { name: string; files: string; isBundled?: true; imports: readonly string[]; tests?: readonly string[] }[]} */
export const layers = [
  { name: 'The kernel imports nothing', files: 'libs/kernel', imports: [] },
  { name: 'The domain is pure', files: 'libs/domain', imports: ['@torchweave/kernel', 'yaml'] },
  {
    name: 'The application layer knows the domain and its own ports, no technology',
    files: 'libs/application',
    imports: ['@torchweave/kernel', '@torchweave/domain', 'zod', 'node:crypto'],
    tests: ['node:stream'],
  },
  {
    name: 'The HTTP client of model servers knows no rule: every adapter that speaks HTTP to one shares it',
    files: 'libs/http-exchange',
    imports: ['@torchweave/kernel', ...anyBuiltin],
  },
  {
    name: 'What the api and the page say to one another is types alone',
    files: 'libs/dashboard-contract',
    imports: [],
  },
  {
    name: 'The format of archives knows the rules and zips and tars: the store, the composition and the command line share it',
    files: 'libs/archive-format',
    imports: ['@torchweave/kernel', '@torchweave/domain', 'jszip', 'tar-stream', 'yauzl', 'yazl', ...anyBuiltin],
  },
  {
    name: 'The Redis client knows the rules and ioredis: two adapters and whoever makes connections share it',
    files: 'libs/redis-client',
    imports: [...rules, 'ioredis', ...anyBuiltin],
  },
  {
    name: 'The platform serves the apps and knows neither them nor adapters',
    files: 'libs/platform',
    imports: [...rules, redisClient, 'fastify', 'pino', 'prom-client', 'zod', ...anyBuiltin],
  },
  ...Object.entries({
    'archive-source': [archiveFormat],
    'bullmq-job-queue': [redisClient, 'bullmq', 'ioredis'],
    'embedded-redis': [],
    'filesystem-archive-store': [archiveFormat],
    'opentelemetry-traces': ['@opentelemetry/*'],
    'python-runtime': [],
    'redis-workflow-state': [redisClient, 'ioredis'],
    'torchserve-model-server': [httpExchange],
  }).map(([adapter, technology]) => ({
    name: 'An adapter knows the domain, the ports and its own technology, and no other adapter',
    files: `libs/adapters/${adapter}`,
    imports: [...rules, ...technology, ...anyBuiltin],
    tests: ['ioredis', '@torchweave/torchserve-tool'],
  })),
  {
    name: 'The composition joins adapters to ports; it knows no app and no framework',
    files: 'libs/composition',
    imports: [
      ...rules,
      '@torchweave/platform',
      '@torchweave/platform/version',
      archiveFormat,
      ...adapters,
      'zod',
      ...anyBuiltin,
    ],
  },
  {
    name: 'What tests share knows no app and no platform',
    files: 'libs/testing',
    imports: [
      ...rules,
      '@torchweave/embedded-redis',
      'axe-core',
      'ioredis',
      'playwright-core',
      'selfsigned',
      'tar-stream',
      'vitest',
      'yauzl',
      'yazl',
      ...anyBuiltin,
    ],
  },
  ...Object.entries({
    api: {
      imports: [
        ...['@nestjs/*', '@bull-board/*', 'class-transformer', 'class-validator', 'fastify'],
        ...['node:async_hooks', 'node:http', 'node:os', 'node:querystring'],
        '@torchweave/dashboard-contract',
      ],
      adapters: ['@torchweave/bullmq-job-queue', '@torchweave/redis-workflow-state'],
    },
    worker: {
      imports: ['node:fs/promises'],
      adapters: ['@torchweave/bullmq-job-queue', '@torchweave/redis-workflow-state'],
    },
    gateway: {
      imports: ['fastify', 'light-my-request', 'node:buffer', 'node:crypto', 'node:http', 'node:querystring'],
      adapters: ['@torchweave/redis-workflow-state'],
    },
    cli: {
      imports: [
        'commander',
        'undici',
        archiveFormat,
        'zod',
        '@torchweave/api',
        '@torchweave/worker',
        '@torchweave/gateway',
        ...anyBuiltin,
      ],
      adapters: ['bullmq-job-queue', 'embedded-redis', 'redis-workflow-state'].map((name) => `@torchweave/${name}`),
    },
  }).map(([app, { imports, adapters: own }]) => ({
    name: 'An app joins what it is made of; models, functions and archives come from the composition',
    files: `apps/${app}`,
    imports: [
      ...rules,
      redisClient,
      '@torchweave/platform',
      '@torchweave/platform/version',
      '@torchweave/composition',
      ...own,
      ...imports,
    ],
    tests: [
      'fastify',
      'commander',
      'ioredis',
      'yaml',
      '@torchweave/torchserve-tool',
      '@torchweave/gateway',
      '@torchweave/api',
      '@torchweave/bullmq-job-queue',
    ],
  })),
  {
    name: 'The page knows the api by their contract alone, and is bundled with what draws it',
    files: 'apps/dashboard',
    isBundled: true,
    imports: [
      ...['@torchweave/dashboard-contract', 'react', 'react-dom/*', '@xyflow/*', '@dagrejs/dagre', 'uplot', 'uplot/*'],
    ],
  },
  {
    name: 'Tools stand beside the product',
    files: 'tools',
    imports: [
      'eslint',
      ...rules,
      '@torchweave/embedded-redis',
      '@torchweave/redis-client',
      '@torchweave/redis-workflow-state',
      '@torchweave/testing',
      '@torchweave/testing/*',
      '@torchweave/torchserve-tool',
      ...anyBuiltin,
    ],
    tests: ['typescript-eslint'],
  },
];

/** What every test may use, besides its own package and the fixtures. */
export const testImports = ['vitest', 'fast-check', '@torchweave/testing/*', ...anyBuiltin];
