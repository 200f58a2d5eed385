import { describe, expect, it } from 'vitest';
import { defaultNodeSettings } from '../spec/spec.js';
import { urlFault } from './model.js';
import { kindOf, nodeKinds, rulesOf, type NodeKind } from './node-kinds.js';

const place = { name: 'n', parents: ['a'], children: ['b'] };
const model = { ...defaultNodeSettings, name: 'n', url: 'n.mar', retryAttempts: 5 };
const globals = { ...defaultNodeSettings, retryAttempts: 3, timeoutMs: 7 };
const define = (kind: NodeKind) => nodeKinds[kind].define(place, { workflow: 'w', version: 1 }, { model, globals });
const kinds = Object.keys(nodeKinds) as NodeKind[];

describe.each(kinds)('a node of the kind %s', (kind) => {
  it('stands where it was placed, and finds its rules', () => {
    const node = define(kind);
    expect(node).toMatchObject({ ...place, kind, modelName: 'w__n' });
    expect(rulesOf(node)).toBe(nodeKinds[kind]);
  });

  it('receives body from one parent, a field of each of several, and leaves no child out', () => {
    const { inputField, choose } = nodeKinds[kind];
    expect([inputField('a', 1), inputField('a', 2)]).toEqual(['body', 'a']);
    expect(choose(Buffer.from('{}'), [1, 2])).toBeUndefined();
  });
});

describe('a model', () => {
  it('has the numbers of its entry, and a name of each version', () => {
    const node = nodeKinds.model.define(place, { workflow: 'w', version: 2 }, { model, globals });
    expect([kindOf(true), node.retryAttempts]).toEqual(['model', 5]);
    expect(node.modelName).toBe('w__n.v2');
  });

  it.each([
    ['n.mar', undefined],
    ['x'.repeat(8_192), undefined],
    ['x'.repeat(8_193), 'has more than 8192 characters'],
    [' ', 'must be a file name or URL, not shown'],
    [1, 'must be a file name or URL, not shown'],
  ])('%# has a url that is right or told', (value, fault) => expect(urlFault(value, 'shown')).toBe(fault));
});

describe('a function', () => {
  it('has the numbers for all models, and the same name whatever the version', () => {
    const node = nodeKinds.function.define(place, { workflow: 'w', version: 2 }, { globals });
    expect([kindOf(false), node.retryAttempts, node.timeoutMs]).toEqual(['function', 3, 7]);
    expect(node.modelName).toBe('w__n');
  });

  it('has a name that Python can have', () => {
    expect(['pre_1', '1pre', 'a-b'].map((name) => nodeKinds.function.nameFault(name) === undefined)).toEqual([
      true,
      false,
      false,
    ]);
  });
});
