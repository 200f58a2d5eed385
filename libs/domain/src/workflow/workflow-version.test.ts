import { describe, expect, it } from 'vitest';
import { servedModelName } from './name.js';
import { versionId } from './workflow-version.js';

describe('a version of a workflow', () => {
  it('has one id, and no other has it', () => {
    expect(versionId({ workflow: 'digits', version: 1 })).toBe('digits@1');
    expect(versionId({ workflow: 'digits', version: 12 })).not.toBe(versionId({ workflow: 'digits@1', version: 2 }));
  });

  it('has models of its own, the first under the names that TorchServe gives them', () => {
    const names = [
      servedModelName({ workflow: 'digits', version: 1 }, 'net'),
      servedModelName({ workflow: 'digits', version: 2 }, 'net'),
      servedModelName({ workflow: 'digits', version: 2 }, 'up'),
      servedModelName({ workflow: 'other', version: 2 }, 'net'),
    ];
    expect(names).toEqual(['digits__net', 'digits__net.v2', 'digits__up.v2', 'other__net.v2']);
  });
});
