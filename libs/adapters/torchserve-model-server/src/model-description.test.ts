import { describe, expect, it } from 'vitest';

import { parseModelDescriptions } from './model-description.js';
import { parseModelList } from './model-list.js';

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe('parseModelDescriptions', () => {
  const model = {
    modelName: 'chain__pre',
    modelVersion: '1.0',
    modelUrl: 'upper.mar',
    minWorkers: 2,
    maxWorkers: 3,
    batchSize: 4,
    maxBatchDelay: 10,
    responseTimeout: 12,
  };

  it('counts the workers that are ready', () => {
    const workers = [{ status: 'READY' }, { status: 'UNLOADING' }, { status: 'READY' }];
    expect(parseModelDescriptions(json([{ ...model, workers }]))).toEqual([
      {
        name: 'chain__pre',
        version: '1.0',
        url: 'upper.mar',
        minWorkers: 2,
        maxWorkers: 3,
        batchSize: 4,
        maxBatchDelay: 10,
        responseTimeout: 12,
        readyWorkers: 2,
      },
    ]);
  });

  it('reads every version', () => {
    const versions = parseModelDescriptions(json([model, { ...model, modelVersion: '2.0' }]));
    expect(versions.map(({ version }) => version)).toEqual(['1.0', '2.0']);
  });

  it('takes a model without workers or numbers', () => {
    expect(parseModelDescriptions(json([{ modelName: 'bare' }, 'noise', null]))).toMatchObject([
      { name: 'bare', url: '', minWorkers: 0, readyWorkers: 0 },
    ]);
  });

  it('finds no model in another shape', () => {
    expect(parseModelDescriptions(json({ status: 'fine' }))).toEqual([]);
  });
});

describe('parseModelList', () => {
  it('reads names and the token of the next page', () => {
    const page = { nextPageToken: '100', models: [{ modelName: 'a', modelUrl: 'a.mar' }, { modelUrl: 'b.mar' }] };
    expect(parseModelList(json(page))).toEqual({ names: ['a'], nextPageToken: '100' });
  });

  it.each([[{ models: [] }], [{ nextPageToken: 'x&y' }], [[]], [null]])(
    'ends at a page without a token: %j',
    (page) => {
      expect(parseModelList(json(page))).toEqual({ names: [], nextPageToken: undefined });
    },
  );
});
