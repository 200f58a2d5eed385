import { describe, expect, it } from 'vitest';
import { asVersion, modelNodes } from './definition.js';
import { pointOf, trafficFault, versionAt, versionOfAll, versionsIn, versionsToShadow } from './traffic.js';
import { parseVersionId, versionId } from './workflow-version.js';

describe('traffic', () => {
  it.each([
    [{ weights: { 1: 90, 2: 10 } }, undefined],
    [{ weights: { 1: 33.33, 2: 33.33, 3: 33.34 }, stickyBy: 'x-user' }, undefined],
    [{ weights: { 1: 0, 2: 100 } }, undefined],
    [{ weights: {} }, 'the weights are 100 together, not 0'],
    [{ weights: { 1: 90, 2: 20 } }, 'the weights are 100 together, not 110'],
    [{ weights: { 1: -10, 2: 110 } }, 'a share is a number from 0 to 100'],
    [{ weights: { 1: Number.NaN, 2: 100 } }, 'a share is a number from 0 to 100'],
    [{ weights: { 1: 100 }, stickyBy: 'X User' }, 'sticky is the name of a header'],
    [{ weights: {}, shadow: { 3: 20 } }, undefined],
    [{ weights: { 1: 100, 3: 0 }, shadow: { 2: 0, 3: 100 }, compare: true }, undefined],
    [{ weights: { 1: 90 }, shadow: { 3: 20 } }, 'the weights are 100 together, not 90'],
    [{ weights: {}, shadow: { 2: 1, 3: 1, 4: 1, 5: 1 } }, undefined],
    [{ weights: {}, shadow: { 2: 1, 3: 1, 4: 1, 5: 1, 6: 1 } }, 'at most 4 versions get copies'],
    [{ weights: {}, shadow: { '03': 1 } }, 'a version is a whole number from 1'],
    [{ weights: {}, shadow: { 3: 0.5 } }, 'a share of copies is a whole number from 0 to 100'],
    [{ weights: {}, shadow: { 3: 101 } }, 'a share of copies is a whole number from 0 to 100'],
    [{ weights: {}, shadow: { 3: -1 } }, 'a share of copies is a whole number from 0 to 100'],
    [{ weights: { 1: 90, 3: 10 }, shadow: { 3: 20 } }, 'version 3 answers requests itself, and gets no copies of them'],
    [{ weights: { 1: 100 }, compare: true }, 'without shadow there is nothing to compare'],
  ])('%j: %s', (traffic, fault) => {
    expect(trafficFault(traffic)).toBe(fault);
  });

  it('gives each version its share of the points', () => {
    const weights = { 1: 90, 2: 0, 3: 10 };
    expect([0, 0.5, 0.8999, 0.9, 0.9999, 1].map((point) => versionAt(weights, point))).toEqual([1, 1, 1, 3, 3, 3]);
  });

  it('names the versions of its shares and of its copies, each once', () => {
    expect(versionsIn({ weights: { 1: 100, 3: 0 }, shadow: { 3: 5, 4: 5 } })).toEqual([1, 3, 4]);
  });

  it('gives each version its share of the copies, whatever another one gets', () => {
    const points = [0.19, 0.2, 0.2, 0.19, 0.9999, 0];
    const next = (): number => points.shift() ?? 1;
    const shadow = { 2: 20, 3: 20 };
    expect(versionsToShadow(shadow, next)).toEqual([2]);
    expect(versionsToShadow(shadow, next)).toEqual([3]);
    expect(versionsToShadow({ 2: 100, 3: 0 }, next)).toEqual([2]);
  });

  it.each([
    [{ 1: 0, 2: 100 }, 2],
    [{ 2: 100 }, 2],
    [{ 1: 50, 2: 50 }, undefined],
  ])('of weights %j all go to %s', (weights, version) => {
    expect(versionOfAll({ weights })).toBe(version);
  });
});

describe('the point of a value', () => {
  it('is always the same, and those of many lie evenly', () => {
    expect(pointOf('ann')).toBe(pointOf('ann'));
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let i = 0; i < 20_000; i += 1) {
      const tenth = Math.floor(pointOf(`user-${i}`) * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) expect(Math.abs(count - 2_000)).toBeLessThan(200);
  });
});

describe('the id of a version', () => {
  it.each([
    { workflow: 'w', version: 2 },
    { workflow: 'a.b-c_d', version: 11 },
  ])('is read again: %j', (version) => {
    expect(parseVersionId(versionId(version))).toEqual(version);
  });

  it('is the first one’s where only a workflow is named', () => {
    expect(parseVersionId('w')).toEqual({ workflow: 'w', version: 1 });
  });
});

describe('a definition as another version', () => {
  it('has models of other names, and nothing else is another', () => {
    const node = {
      ...{ kind: 'model' as const, name: 'up', modelName: 'w__up', url: 'u', parents: [], children: [] },
      ...{ minWorkers: 1, maxWorkers: 1, batchSize: 1, maxBatchDelay: 1, retryAttempts: 1, timeoutMs: 1 },
    };
    const manifest = { createdOn: '', archiverVersion: '', workflow: { workflowName: 'w', specFile: 's' } };
    const globals = { minWorkers: 1, maxWorkers: 1, batchSize: 1, maxBatchDelay: 1, retryAttempts: 1, timeoutMs: 1 };
    const first = { name: 'w', version: 1, url: 'u', digest: 'd', manifest, globals, nodes: [node], dagText: '{}' };
    const third = asVersion(first, 3);
    expect(modelNodes(third)).toEqual([{ ...node, modelName: 'w__up.v3' }]);
    expect(asVersion(third, 1)).toEqual(first);
  });
});
