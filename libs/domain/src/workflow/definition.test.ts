import { describe, expect, it } from 'vitest';
import { parseManifest } from '../archive/manifest.js';
import { parseSpec } from '../spec/parse-spec.js';
import { defineWorkflow, functionNodes, modelNodes } from './definition.js';

function define(spec: string, workflow: object = { handler: 'h.py' }) {
  const manifest = parseManifest(
    JSON.stringify({
      createdOn: 'x',
      archiverVersion: '1',
      workflow: { workflowName: 'chain', specFile: 'spec.yaml', ...workflow },
    }),
  );
  return defineWorkflow({ url: 'chain.war', digest: 'd', manifest, spec: parseSpec(spec, 'spec.yaml') });
}

describe('defineWorkflow', () => {
  it('makes a model of a node that is under models, and a function of any other', () => {
    const text =
      'models:\n  timeout-ms: 300\n  retry-attempts: 2\n  up: {url: upper.mar, timeout-ms: 9}\ndag:\n  pre: [up]\n';
    const workflow = define(text);
    expect(workflow).toMatchObject({ name: 'chain', url: 'chain.war', digest: 'd' });
    expect(workflow.nodes).toEqual([
      {
        kind: 'function',
        name: 'pre',
        modelName: 'chain__pre',
        parents: [],
        children: ['up'],
        retryAttempts: 2,
        timeoutMs: 300,
      },
      {
        kind: 'model',
        name: 'up',
        modelName: 'chain__up',
        url: 'upper.mar',
        parents: ['pre'],
        children: [],
        minWorkers: 1,
        maxWorkers: 1,
        batchSize: 1,
        maxBatchDelay: 50,
        retryAttempts: 2,
        timeoutMs: 9,
      },
    ]);
    expect(functionNodes(workflow).map((node) => node.name)).toEqual(['pre']);
    expect(modelNodes(workflow).map((node) => node.name)).toEqual(['up']);
  });

  it('leaves out a model that no node uses', () => {
    const { nodes } = define('models:\n  up: {url: a}\n  rv: {url: b}\ndag:\n  pre: [up]\n');
    expect(nodes.map((node) => node.name)).toEqual(['pre', 'up']);
  });

  it.each([
    ['dag: {pre: [up], up: [post]}', '{pre=[up], up=[post]}'],
    ['dag: {up: []}', '{up=[]}'],
    ['dag: {pre: [up, rv], up: [agg], rv: [agg]}', '{pre=[up, rv], up=[agg], rv=[agg]}'],
  ])('writes %s as Java does', (spec, dagText) => {
    expect(define(spec).dagText).toBe(dagText);
  });

  it('needs no handler where all nodes are models', () => {
    const text = 'models:\n  up: {url: a}\n  rv: {url: b}\ndag:\n  up: [rv]\n';
    expect(define(text, {}).manifest.workflow).not.toHaveProperty('handler');
  });

  it('refuses functions without a file to live in', () => {
    expect(() => define('models:\n  up: {url: a}\ndag:\n  pre: [up]\n  up: [post]\n', {})).toThrow(
      expect.objectContaining({
        code: 'manifestFieldInvalid',
        message:
          'WAR-INF/MANIFEST.json: workflow.handler is missing, but these nodes are not under models and so are its ' +
          'functions: pre, post.',
      }),
    );
  });

  it('is plain data', () => {
    const workflow = define('dag: {pre: [post]}');
    expect(JSON.parse(JSON.stringify(workflow))).toEqual(workflow);
  });
});
