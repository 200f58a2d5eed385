import { describe, expect, it } from 'vitest';
import { inspectManifest } from './inspect-manifest.js';
import { parseManifest } from './manifest.js';

const told = (text: string): string[] =>
  inspectManifest(text, 'M').problems.map(({ line, column, message }) => `${line}:${column} ${message}`);

function firstFault(text: string): string | undefined {
  try {
    parseManifest(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const good = {
  createdOn: 'x',
  archiverVersion: '1',
  workflow: { workflowName: 'w', specFile: 's.yaml', handler: 'h.py' },
};

describe('inspectManifest', () => {
  it('reads a manifest without faults', () => {
    const reading = { problems: [], workflowName: 'w', specFile: 's.yaml', handler: 'h.py' };
    expect(inspectManifest(JSON.stringify(good), 'M')).toEqual(reading);
    expect(inspectManifest(`\uFEFF${JSON.stringify(good)}`, 'M')).toEqual(reading);
  });

  it('tells an absent handler from one that cannot be made out', () => {
    const { handler: _handler, ...rest } = good.workflow;
    expect(inspectManifest(JSON.stringify({ ...good, workflow: rest }), 'M').handler).toBeNull();
    const bad = inspectManifest(JSON.stringify({ ...good, workflow: { ...rest, handler: 3 } }), 'M');
    expect(bad).not.toHaveProperty('handler');
    expect(bad).toMatchObject({ specFile: 's.yaml' });
  });

  it('tells every fault with its place', () => {
    const text = [
      '{',
      '  "workflow": {',
      '    "workflowName": "a b",',
      '    "specFile": "../spec.yaml",',
      '    "handler": ["h.py"]',
      '  }',
      '}',
    ].join('\n');
    expect(told(text)).toEqual([
      '1:1 Workflow archive version is not defined.',
      '1:1 Workflow archive createdOn is not defined.',
      expect.stringMatching(/^3:21 The workflow name "a b" is not valid/),
      expect.stringMatching(/^4:17 .*workflow\.specFile "\.\.\/spec\.yaml" is not a path inside the archive\.$/),
      expect.stringMatching(/^5:16 .*workflow\.handler is not a string\.$/),
    ]);
  });

  it('goes on behind a missing workflow entry', () => {
    expect(told('{"createdOn": "x"}')).toEqual([
      '1:1 Missing Workflow entry in manifest file.',
      '1:1 Workflow archive version is not defined.',
    ]);
  });

  it('tells where the text stops being JSON', () => {
    expect(told('{\n  "createdOn": "x",\n  "workflow": {]\n}')).toEqual([
      expect.stringMatching(/^3:16 .*cannot be read/),
    ]);
    expect(told('[1]')).toEqual([expect.stringMatching(/^1:1 .*not a JSON object/)]);
    expect(told('')).toEqual([expect.stringMatching(/^1:1 /)]);
  });

  it.each([
    ['nothing', '{}'],
    ['a null workflow', JSON.stringify({ ...good, workflow: null })],
    ['a list as workflow', JSON.stringify({ ...good, workflow: [] })],
    ['no spec file', JSON.stringify({ ...good, workflow: { workflowName: 'w' } })],
    ['a number as name', JSON.stringify({ ...good, workflow: { ...good.workflow, workflowName: 1 } })],
    ['a handler outside', JSON.stringify({ ...good, workflow: { ...good.workflow, handler: '/h.py' } })],
    ['no fault', JSON.stringify(good)],
  ])("begins with the domain's fault for %s", (_what, text) => {
    expect(inspectManifest(text, 'M').problems[0]?.message).toBe(firstFault(text));
  });
});
