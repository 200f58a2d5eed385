import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const fixtures = [
  'domain/uses-node.ts',
  'application/uses-technology.ts',
  'redis-workflow-state/uses-another-adapter.ts',
  'platform/uses-an-app.ts',
];

describe('the layer rule', () => {
  const eslint = new ESLint({ cwd: root, ignore: false, ignorePatterns: ['!tools/lint/fixtures/**'] });

  it.each(fixtures)('refuses %s', async (fixture) => {
    const [result] = await eslint.lintFiles([`tools/lint/fixtures/${fixture}`]);
    expect(result?.messages.map((message) => message.ruleId)).toEqual(['no-restricted-imports']);
  });
});
