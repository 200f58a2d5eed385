import tseslint from 'typescript-eslint';
import { layerRules } from './tools/lint/layers.js';

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.nx/**', 'test-reports/**', 'tools/lint/fixtures/**'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strict, ...tseslint.configs.stylistic],
    languageOptions: { parserOptions: { projectService: false } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/consistent-indexed-object-style': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-invalid-void-type': 'off',
      eqeqeq: 'error',
      'no-console': 'error',
      'no-param-reassign': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['{apps,libs}/**/src/**/*.ts'],
    ignores: [
      '**/*.test.ts',
      // Moments that are meant for people or files, and outlive the process: they can only be the wall clock's.
      'libs/platform/src/auth/access-keys.ts',
      'libs/adapters/filesystem-archive-store/src/folders.ts',
      'libs/adapters/redis-workflow-state/src/redis-workflow-state.ts',
    ],
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'Date',
          property: 'now',
          message: 'The wall clock steps: deadlines and leases go by performance.now().',
        },
      ],
    },
  },
  {
    // Nest reads constructor and parameter types at run time, so what looks like a type is a value there.
    files: ['apps/api/src/**/*.ts'],
    rules: { '@typescript-eslint/consistent-type-imports': 'off', '@typescript-eslint/no-inferrable-types': 'off' },
  },
  { files: ['tools/**/*.ts', 'apps/cli/**/*.ts'], rules: { 'no-console': 'off' } },
  ...layerRules,
);
