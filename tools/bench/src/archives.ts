import { zipOf, type Files } from '@torchweave/testing/builders';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The end-to-end tests' recorded archives: what TorchServe's own archivers wrote. */
const recordings = new URL('../../../apps/cli/test/e2e/recordings/archives.json', import.meta.url);
const recorded = ['chain.war', 'diamond.war', 'fnonly.war', 'upper.mar', 'rev.mar'] as const;

/** Three model nodes one after the other, and no function. */
const threeModels: Files = {
  'WAR-INF/MANIFEST.json': JSON.stringify({
    createdOn: '23/11/2026 00:00:00',
    archiverVersion: '0.2.15',
    workflow: { workflowName: 'three', specFile: 'spec.yaml', handler: 'handler.py' },
  }),
  'handler.py': '',
  'spec.yaml': [
    'models:',
    ...['first', 'second', 'third'].map((name) => `  ${name}:\n    url: ${name}.mar`),
    'dag:',
    '  first: [second]',
    '  second: [third]',
    '',
  ].join('\n'),
};

/** The folders that `--workflow-store` and `--model-store` name. */
export interface Stores {
  readonly workflows: string;
  readonly models: string;
}

/** Writes the archives of all sections into two new folders of `directory`. */
export async function writeStores(directory: string): Promise<Stores> {
  const stores = { workflows: join(directory, 'workflows'), models: join(directory, 'models') };
  mkdirSync(stores.workflows);
  mkdirSync(stores.models);
  const known = JSON.parse(readFileSync(recordings, 'utf8')) as Record<string, { readonly files: Files }>;
  for (const name of recorded) {
    const archive = known[name];
    if (archive === undefined) throw new Error(`${name} is not among the recorded archives.`);
    writeFileSync(join(name.endsWith('.war') ? stores.workflows : stores.models, name), await zipOf(archive.files));
  }
  writeFileSync(join(stores.workflows, 'three.war'), await zipOf(threeModels));
  return stores;
}
