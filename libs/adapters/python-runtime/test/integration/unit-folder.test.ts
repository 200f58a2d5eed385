import { bodyInput, callOptions, FunctionArchives } from '@torchweave/testing/port-conformance/function-runtime';
import { existsSync } from 'node:fs';
import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PythonFunctionRuntime, scrubbedEnvironment, type PythonFunctionRuntimeOptions } from '../../src/index.js';
import { RecordingLogger } from './recording-logger.js';

const handler = `
import os

def note(data, context):
    """Adds the text to a file of the folder and answers all of it."""
    if data is None:
        return None
    folder = context.system_properties["model_dir"]
    assert folder == os.getcwd()
    with open(os.path.join(folder, "deep", "notes"), "a") as notes:
        notes.write(data[0]["body"])
    return [open("deep/notes").read()]

def folder(data, context):
    return None if data is None else [os.getcwd()]

def change(data, context):
    """Overwrites a file of the archive, and leaves a folder that nobody may write to."""
    if data is None:
        return None
    with open("deep/word.txt", "w") as word:
        word.write("changed")
    os.makedirs("closed/inner")
    os.chmod("closed", 0o500)
    return [open("deep/word.txt").read()]

def word(data, context):
    return None if data is None else [open("deep/word.txt").read()]
`;
const files = { 'h.py': handler, 'deep/word.txt': 'the archive' };
const functions = 'note,folder,change,word';
const isRoot = process.geteuid?.() === 0;
const needsRoot = isRoot ? '' : ' (skipped: needs root)';

let archives: FunctionArchives;
let runtime: PythonFunctionRuntime;

const start = (options: Partial<PythonFunctionRuntimeOptions> = {}): PythonFunctionRuntime =>
  new PythonFunctionRuntime({
    ...{ logger: new RecordingLogger(), serverVersion: 'test', environment: scrubbedEnvironment(process.env) },
    ...options,
  });

beforeEach(async () => {
  archives = await FunctionArchives.create();
  runtime = start();
});
afterEach(async () => {
  await runtime.close();
  await archives.remove();
});

const call = async (unitId: string, name: string, body = ''): Promise<string> => {
  const { value } = await runtime.call(unitId, name, bodyInput(body, 'text/plain'), callOptions({}));
  return Buffer.from(value).toString('utf8');
};

describe('the folder of a unit', () => {
  it('holds the archive, may be written to, and goes with the unit', async () => {
    const unit = await archives.unit(functions, files);
    await chmod(join(unit.directory, 'deep', 'word.txt'), 0o444);
    await chmod(join(unit.directory, 'deep'), 0o555);
    await runtime.load(unit);
    expect(await call(unit.id, 'note', 'a')).toBe('a');
    expect(await call(unit.id, 'note', 'b')).toBe('ab');
    expect(await call(unit.id, 'change')).toBe('changed');
    const folder = await call(unit.id, 'folder');
    await runtime.unload(unit.id);
    expect(existsSync(folder)).toBe(false);
    expect(await readdir(join(unit.directory, 'deep'))).toEqual(['word.txt']);
    await chmod(join(unit.directory, 'deep'), 0o755);
  });

  it('is its own: another registration of the archive has none of what was written', async () => {
    const unit = await archives.unit(functions, files);
    const other = { ...unit, id: `${unit.workflow}@2` };
    await Promise.all([runtime.load(unit), runtime.load(other)]);
    await call(unit.id, 'change');
    await call(unit.id, 'note', 'of the first');
    expect(await call(other.id, 'word')).toBe('the archive');
    expect(await call(other.id, 'note', 'of the second')).toBe('of the second');
  });

  it.each([
    ['does not load', 'import not_there\n'],
    ['is not wanted before it has loaded', 'import time\ntime.sleep(1000)\ndef f(data, context): pass\n'],
  ])('goes when the unit %s', async (what, source) => {
    const unit = await archives.unit('f', { 'h.py': source });
    const sockets = archives.folder;
    await runtime.close();
    runtime = start({ socketDirectory: sockets });
    const loading = expect(runtime.load(unit)).rejects.toMatchObject({ code: 'functionLoadFailed' });
    if (what !== 'does not load') await runtime.unload(unit.id);
    await loading;
    const [folder = ''] = (await readdir(sockets)).filter((name) => name.startsWith('torchweave-'));
    const left = await readdir(join(sockets, folder));
    expect(left.filter((name) => name.endsWith('.files'))).toEqual([]);
  });

  it.skipIf(!isRoot)(`may be written to by the user of the processes${needsRoot}`, async () => {
    await runtime.close();
    runtime = start({ python: '/usr/bin/python3', confinement: { user: 'nobody' } });
    const unit = await archives.unit(functions, files);
    await runtime.load(unit);
    expect(await call(unit.id, 'note', 'a')).toBe('a');
    expect(await call(unit.id, 'change')).toBe('changed');
    const folder = await call(unit.id, 'folder');
    await runtime.unload(unit.id);
    expect(existsSync(folder)).toBe(false);
  });
});
