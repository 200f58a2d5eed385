import tseslint from 'typescript-eslint';
import { mayImport } from './tools/lint/may-import.js';

const rules = {
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
  '@typescript-eslint/consistent-indexed-object-style': 'off',
  '@typescript-eslint/no-extraneous-class': 'off',
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
  '@typescript-eslint/no-invalid-void-type': 'off',
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': 'error',
  '@typescript-eslint/await-thenable': 'error',
  eqeqeq: 'error',
  'no-console': 'error',
  'no-param-reassign': 'error',
  'prefer-const': 'error',
};

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.nx/**', 'test-reports/**', 'coverage/**'] },
  {
    files: ['**/*.ts'],
    ignores: ['apps/dashboard/**'],
    extends: [...tseslint.configs.strict, ...tseslint.configs.stylistic],
    languageOptions: { parserOptions: { project: ['./tsconfig.check.json'], tsconfigRootDir: import.meta.dirname } },
    rules,
  },
  {
    // A browser's: types of its own, and handlers that React awaits as little as the browser does.
    files: ['apps/dashboard/**/*.{ts,tsx}'],
    extends: [...tseslint.configs.strict, ...tseslint.configs.stylistic],
    languageOptions: {
      parserOptions: { project: ['./apps/dashboard/tsconfig.json'], tsconfigRootDir: import.meta.dirname },
    },
    rules,
  },
  {
    files: ['{apps,libs,tools}/**/*.{ts,tsx}'],
    plugins: { layers: { rules: { 'may-import': mayImport } } },
    rules: { 'layers/may-import': 'error' },
  },
  {
    files: ['{apps,libs}/**/src/**/*.ts'],
    ignores: [
      '**/*.test.ts',
      // Moments that are meant for people or files, and outlive the process: they can only be the wall clock's.
      'libs/platform/src/auth/access-keys.ts',
      'libs/adapters/filesystem-archive-store/src/folders.ts',
      'libs/adapters/redis-workflow-state/src/redis-workflow-state.ts',
      'apps/dashboard/**',
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
);
