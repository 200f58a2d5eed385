import { ESLint, type Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { mayImport } from '../may-import.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const eslint = new ESLint({
  cwd: root,
  overrideConfigFile: true,
  overrideConfig: {
    files: ['**/*.ts'],
    languageOptions: { parser: tseslint.parser as Linter.Parser },
    plugins: { layers: { rules: { 'may-import': mayImport } } },
    rules: { 'layers/may-import': 'error' },
  },
});

async function refusals(file: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: `${root}${file}` });
  return (result?.messages ?? []).map(({ message }) => message);
}

const adapters = [
  'archive-source',
  'bullmq-job-queue',
  'embedded-redis',
  'filesystem-archive-store',
  'python-runtime',
  'redis-workflow-state',
  'torchserve-model-server',
];
const apps = ['api', 'worker', 'gateway', 'cli'];
const ours = (names: readonly string[]): string[] => names.map((name) => `@torchweave/${name}`);
const folder = (name: string): string =>
  apps.includes(name) ? `apps/${name}` : adapters.includes(name) ? `libs/adapters/${name}` : `libs/${name}`;

/** What the sources of a package must not import: each an edge of its own. */
const forbidden: Record<string, readonly string[]> = {
  kernel: [
    ...ours([
      'domain',
      'application',
      'platform',
      'composition',
      'redis-client',
      'testing/builders',
      ...adapters,
      ...apps,
    ]),
    ...['node:fs', 'node:worker_threads', 'zod', 'vitest'],
  ],
  'http-exchange': [
    ...ours([
      'domain',
      'application',
      'platform',
      'composition',
      'redis-client',
      'testing/builders',
      ...adapters,
      ...apps,
    ]),
    ...['undici', 'zod', 'fastify', 'vitest'],
  ],
  'archive-format': [
    ...ours(['application', 'http-exchange', 'platform', 'composition', 'testing/builders', ...adapters, ...apps]),
    ...['undici', 'zod', 'fastify', 'vitest'],
  ],
  domain: [
    ...ours([
      'http-exchange',
      'archive-format',
      'application',
      'platform',
      'composition',
      'testing/builders',
      ...adapters,
      ...apps,
    ]),
    ...['node:fs', 'node:crypto', 'zod', 'ioredis', 'fastify', 'vitest'],
  ],
  application: [
    ...ours(['http-exchange', 'archive-format', 'platform', 'composition', 'testing/builders', ...adapters, ...apps]),
    ...[
      'node:fs',
      'node:http',
      'node:net',
      'node:child_process',
      'ioredis',
      'bullmq',
      'fastify',
      'undici',
      'pino',
      'vitest',
    ],
  ],
  platform: [
    ...ours(['composition', 'testing/redis', ...adapters, ...apps]),
    'ioredis',
    'bullmq',
    '@nestjs/common',
    'vitest',
  ],
  composition: [...ours(['testing/redis', ...apps]), 'fastify', '@nestjs/common', 'ioredis', 'vitest'],
  testing: [...ours(['platform', 'composition', ...apps]), 'fastify', 'bullmq'],
  api: [
    ...ours([
      'archive-source',
      'filesystem-archive-store',
      'python-runtime',
      'torchserve-model-server',
      'worker',
      'gateway',
      'cli',
      'testing/redis',
    ]),
    'ioredis',
    'bullmq',
    'node:fs',
    'vitest',
  ],
  worker: [
    ...ours(['python-runtime', 'torchserve-model-server', 'archive-source', 'api', 'gateway', 'cli', 'testing/redis']),
    'bullmq',
    'fastify',
    'node:fs',
  ],
  gateway: [
    ...ours(['python-runtime', 'torchserve-model-server', 'bullmq-job-queue', 'api', 'worker', 'cli', 'testing/redis']),
    '@nestjs/common',
    'ioredis',
    'node:fs',
  ],
  cli: [
    ...ours([
      'python-runtime',
      'torchserve-model-server',
      'archive-source',
      'filesystem-archive-store',
      'testing/redis',
      'torchserve-tool',
    ]),
    'ioredis',
    '@nestjs/common',
    'vitest',
  ],
  ...Object.fromEntries(
    adapters.map((own) => [
      own,
      [
        ...ours(['platform', 'composition', 'testing/redis', ...apps, ...adapters.filter((other) => other !== own)]),
        '@nestjs/common',
        'fastify',
        'vitest',
      ],
    ]),
  ),
};
const edges = Object.entries(forbidden).flatMap(([from, names]) => names.map((name) => ({ from, name })));

describe('the layers', () => {
  it('are many forbidden edges', () => expect(edges.length).toBeGreaterThan(150));

  it.each(edges)('$from does not import $name', async ({ from, name }) => {
    expect(await refusals(`${folder(from)}/src/planted.ts`, `import '${name}';`)).toHaveLength(1);
  });

  it.each([
    ['export { x } from', "export { x } from 'node:fs';"],
    ['export * from', "export * from 'node:fs';"],
    ['import type', "import type { Stats } from 'node:fs';"],
    ['import()', "export const later = import('node:fs');"],
    ['a type of import()', "export type Stats = import('node:fs').Stats;"],
  ])('are not passed by "%s"', async (_, code) => {
    expect(await refusals('libs/domain/src/planted.ts', code)).toHaveLength(1);
  });

  it.each([
    ['the path of another package', 'libs/application/src/planted.ts', '../../domain/src/index.js'],
    ['the path of a built file', 'apps/api/src/planted.ts', '../../../libs/platform/dist/index.js'],
    ['what the package does not declare', 'libs/adapters/embedded-redis/src/planted.ts', 'undici'],
    ['what only tests may have', 'libs/adapters/embedded-redis/src/planted.ts', 'ioredis'],
  ])('are not passed by %s', async (_, file, name) => {
    expect(await refusals(file, `import '${name}';`)).toHaveLength(1);
  });

  it('refuse a file that lies in none of them', async () => {
    expect(await refusals('libs/new-layer/src/planted.ts', "import '@torchweave/domain';")).toHaveLength(1);
  });

  it.each([
    ['libs/application/src/allowed.ts', '@torchweave/domain'],
    ['libs/adapters/redis-workflow-state/src/allowed.ts', 'ioredis'],
    ['libs/adapters/torchserve-model-server/src/allowed.ts', '@torchweave/http-exchange'],
    ['libs/adapters/python-runtime/src/allowed.test.ts', '@torchweave/testing/port-conformance/mar-models'],
    ['libs/domain/src/allowed.test.ts', 'fast-check'],
    ['apps/gateway/src/allowed.ts', './start-gateway.js'],
  ])('let %s import %s', async (file, name) => {
    expect(await refusals(file, `import '${name}';`)).toEqual([]);
  });

  it.each(Object.keys(forbidden))('are held by the lint of %s', async (from) => {
    const config = (await new ESLint({ cwd: root }).calculateConfigForFile(`${root}${folder(from)}/src/index.ts`)) as {
      rules: Record<string, [number]>;
    };
    for (const rule of [
      'layers/may-import',
      '@typescript-eslint/no-floating-promises',
      '@typescript-eslint/no-misused-promises',
    ]) {
      expect([rule, config.rules[rule]?.[0]]).toEqual([rule, 2]);
    }
  });
});
