// What nx can do with each package: the same four targets for all of them, said once.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where tests of a package lie, by target. */
const tests = {
  test: { tier: 'unit', folder: 'src' },
  integration: { tier: 'integration', folder: 'test/integration' },
  e2e: { tier: 'e2e', folder: 'test/e2e' },
};

function targetsOf(root, workspace) {
  const has = (folder) => existsSync(join(workspace, root, folder));
  const target = (command) => ({ command, options: { cwd: '{workspaceRoot}' } });
  const targets = { lint: target(`eslint --no-warn-ignored ${root} && prettier --check ${root}`) };
  if (root === 'apps/dashboard') targets.typecheck = target(`tsc -p ${root}`);
  else if (has('tsconfig.json')) targets.typecheck = target(`node tools/nx/typecheck.mjs ${root}`);
  for (const [name, { tier, folder }] of Object.entries(tests)) {
    if (has(folder)) targets[name] = target(`vitest run --passWithNoTests --project ${tier} ${root}/`);
  }
  return targets;
}

export const name = 'torchweave-targets';

export const createNodes = [
  '{apps,libs,tools}/**/package.json',
  (files, _options, { workspaceRoot }) =>
    files
      .map((file) => dirname(file))
      .filter((root) => !root.includes('stand-ins'))
      .map((root) => [`${root}/package.json`, { projects: { [root]: { targets: targetsOf(root, workspaceRoot) } } }]),
];
