/**
 * The layers as lint rules: domain <- application <- adapters <- apps. Packages import one another by name only, so a
 * list of names that a folder may not import is the whole rule.
 */
const frameworks = ['@nestjs/*', 'fastify', 'bullmq', 'ioredis', 'undici', 'pino', 'prom-client', 'commander'];
const adapters = [
  '@torchweave/redis-workflow-state',
  '@torchweave/bullmq-job-queue',
  '@torchweave/archive-source',
  '@torchweave/filesystem-archive-store',
  '@torchweave/torchserve-model-server',
  '@torchweave/python-runtime',
  '@torchweave/embedded-redis',
];
const apps = ['@torchweave/api', '@torchweave/worker', '@torchweave/gateway', '@torchweave/cli'];
const tests = ['@torchweave/testing', '@torchweave/testing/*', 'vitest'];
const sourcePaths = ['**/src/**', '**/dist/**'];
const testFiles = ['**/*.test.ts', '**/test/**'];

const forbid = (files, message, group, ignores = testFiles) => ({
  files,
  ignores,
  rules: { 'no-restricted-imports': ['error', { patterns: [{ group: [...group, ...sourcePaths], message }] }] },
});

export const layerRules = [
  forbid(
    ['libs/domain/src/**', '**/fixtures/domain/**'],
    'The domain is pure: it imports no other layer, no framework and no Node built-in.',
    [...frameworks, 'node:*', '@torchweave/*'],
  ),
  forbid(
    ['libs/application/src/**', '**/fixtures/application/**'],
    'The application layer knows the domain and its own ports, no technology.',
    [
      ...frameworks,
      ...adapters,
      ...apps,
      ...tests,
      '@torchweave/platform',
      'node:fs*',
      'node:http*',
      'node:net',
      'node:child_process',
    ],
  ),
  ...adapters.map((own) =>
    forbid(
      [
        `libs/adapters/${own.slice('@torchweave/'.length)}/src/**`,
        `**/fixtures/${own.slice('@torchweave/'.length)}/**`,
      ],
      'An adapter knows the domain, the ports and its own technology, and no other adapter.',
      [...adapters.filter((other) => other !== own), ...apps, ...tests, '@torchweave/platform', '@nestjs/*'],
    ),
  ),
  forbid(
    ['libs/platform/src/**', '**/fixtures/platform/**'],
    'The platform serves the apps; it knows neither adapters nor apps.',
    [...adapters, ...apps, ...tests],
  ),
];
