import { defineWorkflow, parseManifest, parseSpec, type WorkflowDefinition } from '@torchweave/domain';

/** The definition of a small chain, function, model, function, under any name. */
export function sampleDefinition(name: string, nodes: { model?: string } = {}): WorkflowDefinition {
  const model = nodes.model ?? 'up';
  const manifest = parseManifest(
    JSON.stringify({
      createdOn: '01/01/2026 00:00:00',
      archiverVersion: '1',
      workflow: { workflowName: name, specFile: 'spec.yaml', handler: 'handler.py' },
    }),
  );
  const spec = parseSpec(
    `models:\n  ${model}:\n    url: upper.mar\ndag:\n  pre: [${model}]\n  ${model}: [post]\n`,
    'spec.yaml',
  );
  return defineWorkflow({ url: `${name}.war`, digest: 'a'.repeat(64), manifest, spec });
}
