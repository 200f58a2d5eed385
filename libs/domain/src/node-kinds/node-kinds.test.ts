import { describe, expect, it } from 'vitest';
import { defaultNodeSettings } from '../spec/spec.js';
import { urlFault } from './model.js';
import { kindOf, nodeKinds, rulesOf, type NodeKind } from './node-kinds.js';

const place = { name: 'n', parents: ['a'], children: ['b'] };
const model = { ...defaultNodeSettings, name: 'n', url: 'n.mar', retryAttempts: 5 };
const globals = { ...defaultNodeSettings, retryAttempts: 3, timeoutMs: 7 };
const define = (kind: NodeKind) => nodeKinds[kind].define(place, 'w__n', { model, globals });
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
  it('has the numbers of its entry, and a name of each registration', () => {
    const node = nodeKinds.model.define(place, 'w__n', { model, globals });
    expect([kindOf(true), node.retryAttempts]).toEqual(['model', 5]);
    expect(nodeKinds.model.forRegistration(node, { workflow: 'w', version: 2 }, 'r').modelName).toBe('w__n.v2.r');
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
  it('has the numbers for all models, and the same name whatever the registration', () => {
    const node = nodeKinds.function.define(place, 'w__n', { globals });
    expect([kindOf(false), node.retryAttempts, node.timeoutMs]).toEqual(['function', 3, 7]);
    expect(nodeKinds.function.forRegistration(node, { workflow: 'w', version: 2 }, 'r')).toBe(node);
  });

  it('has a name that Python can have', () => {
    expect(['pre_1', '1pre', 'a-b'].map((name) => nodeKinds.function.nameFault(name) === undefined)).toEqual([
      true,
      false,
      false,
    ]);
  });
});
