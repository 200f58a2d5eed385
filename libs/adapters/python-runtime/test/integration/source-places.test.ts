import { sourcePlaceOf, type TorchweaveError } from '@torchweave/domain';
import { FunctionArchives } from '@torchweave/testing/port-conformance/function-runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PythonFunctionRuntime, scrubbedEnvironment } from '../../src/index.js';
import { withUnit } from './loaded-unit.js';
import { RecordingLogger } from './recording-logger.js';

const raising = `
import json, helper

def parse(data, context):
    if data is None:
        return None
    return [json.loads("{")]

def deep(data, context):
    return data and helper.fail()

def refuse(data, context):
    if data:
        error = ValueError("no")
        error.error_code = 422
        raise error
`;
const helper = 'def fail():\n    raise KeyError("x")\n';

describe('an exception of a function', () => {
  it.each([
    ['parse', { file: 'h.py', line: 7 }],
    ['deep', { file: 'helper.py', line: 2 }],
    ['refuse', { file: 'h.py', line: 16 }],
  ])('of %s is placed in the last line of the archive that it came through', async (name, place) => {
    await withUnit('parse,deep,refuse', { 'h.py': raising, 'helper.py': helper }, async ({ call, logger }) => {
      const error: unknown = await call(name).catch((thrown: unknown) => thrown);
      expect(sourcePlaceOf(error as TorchweaveError)).toEqual(place);
      const told = await logger.event(/^Traceback/);
      expect(told.message).toContain(`File "${place.file}", line ${place.line}`);
    });
  });
});

describe('a function that does not load', () => {
  let logger: RecordingLogger;
  let runtime: PythonFunctionRuntime;
  let archives: FunctionArchives;

  beforeEach(async () => {
    logger = new RecordingLogger();
    runtime = new PythonFunctionRuntime({
      ...{ logger, serverVersion: 'test', environment: scrubbedEnvironment(process.env) },
    });
    archives = await FunctionArchives.create();
  });

  afterEach(async () => {
    await runtime.close();
    await archives.remove();
  });

  it.each([
    ['def f(data, context:\n    pass\n', { line: 1 }],
    ['import json\n\nf = json.lods\n', { line: 3 }],
    ['def f(data, context):\n    return data.x\n', { line: 2 }],
  ])('is placed: %j', async (source, place) => {
    const unit = await archives.unit('f', { 'h.py': source });
    const error: unknown = await runtime.load(unit).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'functionLoadFailed', data: { place: { file: 'h.py', ...place } } });
  });

  it('has no place where no line of it is at fault', async () => {
    const unit = await archives.unit('f', { 'h.py': 'def g(data, context):\n    return data\n' });
    const error: unknown = await runtime.load(unit).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'functionLoadFailed' });
    expect(sourcePlaceOf(error as TorchweaveError)).toBeUndefined();
  });
});
