import { packModelArchive, unpack } from '@torchweave/archive-format';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { missingRequirements } from '../../src/model-server-kinds/missing-requirements.js';

describe('what is said of a model whose workers do not start', () => {
  let store: string;
  beforeEach(async () => {
    store = await mkdtemp(join(tmpdir(), 'torchweave-test-'));
    await writeFile(join(store, 'h.py'), 'def handle(data, context):\n    return data\n');
  });
  afterEach(() => rm(store, { recursive: true, force: true }));

  async function pack(requirements?: string): Promise<void> {
    const requirementsFile = join(store, 'requirements.txt');
    if (requirements !== undefined) await writeFile(requirementsFile, requirements);
    await packModelArchive({
      modelName: 'm',
      version: '1.0',
      handler: join(store, 'h.py'),
      exportPath: store,
      format: 'default',
      force: true,
      archiverVersion: '0.12.0',
      ...(requirements === undefined ? {} : { requirementsFile }),
    });
  }

  it('names what its archive asks for, and the setting that installs it', async () => {
    await pack('# a comment\n./dep-1.0-py3-none-any.whl\r\n--index-url https://user:secret@host/\nnumpy==2.0\n');
    const hint = await missingRequirements('./m.mar', store, unpack);
    expect(hint).toContain('requirements.txt (./dep-1.0-py3-none-any.whl, numpy==2.0) is installed only by');
    expect(hint).toContain('install_py_dep_per_model=true');
    expect(hint).not.toContain('secret');
  });

  it('is short where it asks for much', async () => {
    await pack(Array.from({ length: 9 }, (_, i) => `p${i}==1.0${' '.repeat(3)}`).join('\n'));
    expect(await missingRequirements('m.mar', store, unpack)).toContain(
      '(p0==1.0, p1==1.0, p2==1.0, p3==1.0, p4==1.0, …)',
    );
  });

  it('is nothing where it asks for nothing, is not in a store that is shared, or is no archive', async () => {
    await pack();
    expect(await missingRequirements('m.mar', store, unpack)).toBeUndefined();
    expect(await missingRequirements('m.mar', undefined, unpack)).toBeUndefined();
    expect(await missingRequirements('http://host/m.mar', store, unpack)).toBeUndefined();
    expect(await missingRequirements('../m.mar', join(store, 'in'), unpack)).toBeUndefined();
    expect(await missingRequirements('h.py', store, unpack)).toBeUndefined();
  });

  it('leaves nothing behind', async () => {
    const folders = async (): Promise<string[]> =>
      (await readdir(tmpdir())).filter((name) => name.startsWith('torchweave-model-'));
    const before = await folders();
    await pack('numpy\n');
    await missingRequirements('m.mar', store, unpack);
    expect(await folders()).toEqual(before);
  });
});
