import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';

// Sources are tested as they are: the packages' own export condition leads to their TypeScript.
const conditions = ['@torchweave/source', 'node'];

/** No error answer that a test gets may tell of the server's inside. */
const leaks = 'libs/testing/src/leaks/watch-error-answers.ts';

export default defineConfig({
  plugins: [
    swc.vite({
      jsc: {
        target: 'es2022',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
      },
    }),
  ],
  oxc: false,
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    testTimeout: 30_000,
    hookTimeout: 120_000,
    coverage: {
      provider: 'v8',
      include: ['{apps,libs}/**/src/**/*.ts'],
      exclude: ['**/*.test.ts', 'libs/testing/**'],
    },
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['{apps,libs,tools}/**/src/**/*.test.ts'], sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['{apps,libs,tools}/**/test/integration/**/*.test.ts'],
          setupFiles: [leaks],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['apps/**/test/e2e/**/*.test.ts'],
          setupFiles: [leaks],
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          testTimeout: 180_000,
        },
      },
      {
        extends: true,
        // Minutes of load: a command of its own.
        test: {
          name: 'load',
          include: ['apps/**/test/load/**/*.test.ts'],
          sequence: { groupOrder: 3 },
          testTimeout: 600_000,
        },
      },
    ],
  },
});
