import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const sample = fileURLToPath(new URL('../../../../../samples/digits', import.meta.url));
const command = fileURLToPath(new URL('../../../bin/torchweave.js', import.meta.url));

/** How an archiver is called: the project's own commands, or TorchServe's tools, with the same options. */
export interface Archivers {
  readonly model: readonly [string, ...string[]];
  readonly workflow: readonly [string, ...string[]];
}

export const ownArchivers: Archivers = {
  model: [process.execPath, command, 'mar', 'create'],
  workflow: [process.execPath, command, 'war', 'create'],
};

/** torch-model-archiver and torch-workflow-archiver of a TorchServe installation. */
export const officialArchivers = (home: string): Archivers => ({
  model: [join(home, 'bin', 'torch-model-archiver')],
  workflow: [join(home, 'bin', 'torch-workflow-archiver')],
});

function run([program, ...first]: readonly [string, ...string[]], args: readonly string[]): void {
  execFileSync(program, [...first, ...args], { stdio: 'pipe' });
}

/** Packs `samples/digits` into the two stores. */
export function packDigits(archivers: Archivers, workflowStore: string, modelStore: string): void {
  mkdirSync(workflowStore, { recursive: true });
  mkdirSync(modelStore, { recursive: true });
  for (const model of ['logistic', 'network']) {
    const file = (suffix: string): string => join(sample, 'models', model, `digits_${model}.${suffix}`);
    const name = ['--model-name', `digits_${model}`, '--version', '1.0'];
    run(archivers.model, [
      ...name,
      '--handler',
      file('py'),
      '--extra-files',
      file('json'),
      '--export-path',
      modelStore,
      '--force',
    ]);
  }
  const spec = [
    '--spec-file',
    join(sample, 'workflow', 'digits.yaml'),
    '--handler',
    join(sample, 'workflow', 'digits.py'),
  ];
  run(archivers.workflow, ['--workflow-name', 'digits', ...spec, '--export-path', workflowStore, '--force']);
}

/** The held-out pictures with the digit that each shows. */
export function heldOutDigits(): { name: string; digit: number; picture: Uint8Array<ArrayBuffer> }[] {
  const folder = join(sample, 'held-out');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.png'))
    .map((name) => {
      const digit = Number(/digit-(\d)/.exec(name)?.[1]);
      return { name, digit, picture: new Uint8Array(readFileSync(join(folder, name))) };
    });
}
