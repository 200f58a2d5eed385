import { defineWorkflow, parseManifest, parseSpec, type WorkflowDefinition } from '@torchweave/domain';

/** A workflow of one function, `f` of `h.py`. */
export function functionsOnly(name: string): WorkflowDefinition {
  const names = { workflowName: name, specFile: 's.yaml', handler: 'h.py' };
  const manifest = parseManifest(JSON.stringify({ createdOn: 'now', archiverVersion: '1', workflow: names }));
  return defineWorkflow({ url: 'w', digest: 'd', manifest, spec: parseSpec('dag: {f: []}', 's.yaml') });
}
