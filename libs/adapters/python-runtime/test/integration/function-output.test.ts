import { describe, expect, it } from 'vitest';
import { withUnit } from './loaded-unit.js';

const talkative = `
import logging, os, sys

print("imported")

def say(data, context):
    if data is None:
        return None
    print("printed")
    print("left open", end="")
    print("to stderr", file=sys.stderr)
    logging.getLogger("mine").warning("a warning of %s", "mine")
    logging.info("some info")
    logging.debug("not told")
    os.write(1, b"raw out\\n")
    os.write(2, b"raw err without end")
    return ["said"]

def flood(data, context):
    if data is None:
        return None
    for _ in range(200):
        print("y" * 10_000)
    return ["flooded"]

def flood_raw(data, context):
    if data is None:
        return None
    block = b"z" * 1_000_000
    for _ in range(1_000):
        view = memoryview(block)
        while view:
            view = view[os.write(1, view) :]
    return ["flooded"]

def fail(data, context):
    if data is None:
        return None
    raise ValueError("bad value")

def last_words(data, context):
    if data is None:
        return None
    os.write(2, b"about to go\\n")
    os._exit(1)
`;

const functions = 'say,flood,flood_raw,fail,last_words';

describe('the output of functions', () => {
  it('reaches the log with workflow, node, stream and level', async () => {
    await withUnit(functions, talkative, async ({ call, logger }) => {
      expect(await call('say', '', { requestId: 'request-of-say' })).toBe('said');
      expect(await logger.event('imported')).toMatchObject({
        level: 'info',
        data: { workflow: 'flow1', stream: 'stdout' },
      });
      const of = { workflow: 'flow1', node: 'say', requestId: 'request-of-say' };
      expect(await logger.event('printed')).toMatchObject({ level: 'info', data: { ...of, stream: 'stdout' } });
      expect(await logger.event('left open')).toMatchObject({ level: 'info', data: { ...of, stream: 'stdout' } });
      expect(await logger.event('to stderr')).toMatchObject({ level: 'warn', data: { ...of, stream: 'stderr' } });
      expect(await logger.event('a warning of mine')).toMatchObject({
        level: 'warn',
        data: { ...of, stream: 'logging' },
      });
      expect(await logger.event('some info')).toMatchObject({ level: 'info', data: { ...of, stream: 'logging' } });
      expect(await logger.event('raw out')).toMatchObject({ data: { workflow: 'flow1', stream: 'stdout' } });
      expect(logger.events.map((event) => event.message)).not.toContain('not told');
    });
  });

  it('is told of the request during whose call it was said, and of none between two calls', async () => {
    const source = `
import sys, threading, time

def start(data, context):
    if data is None:
        return None
    gate = threading.Event()
    def later():
        print("during")
        gate.set()
        while sys.stdout._log._call is not None:
            time.sleep(0.01)
        print("between")
    threading.Thread(target=later).start()
    gate.wait()
    return ["started"]
`;
    await withUnit('start', source, async ({ call, logger }) => {
      await call('start', '', { requestId: 'one' });
      expect((await logger.event('during')).data).toEqual({
        ...{ workflow: 'flow1', node: 'start', requestId: 'one', stream: 'stdout' },
      });
      expect((await logger.event('between')).data).toEqual({ workflow: 'flow1', stream: 'stdout' });
    });
  });

  it('includes the traceback of an exception, which the caller does not see', async () => {
    await withUnit(functions, talkative, async ({ call, logger }) => {
      await expect(call('fail', '', { requestId: 'failed' })).rejects.toMatchObject({
        data: { reason: 'ValueError: bad value' },
      });
      const event = await logger.event(/^Traceback/);
      expect(event).toMatchObject({ level: 'error', data: { workflow: 'flow1', node: 'fail', requestId: 'failed' } });
      expect(event.message).toMatch(/h\.py", line \d+, in fail[\s\S]*ValueError: bad value$/);
      expect(event.message).not.toContain('torchweave_runtime');
    });
  });

  it('is told to the last word of a process that ends', async () => {
    await withUnit(functions, talkative, async ({ call, logger }) => {
      await expect(call('last_words')).rejects.toMatchObject({ code: 'nodeFailed' });
      expect(await logger.event('about to go')).toMatchObject({ level: 'warn', data: { stream: 'stderr' } });
    });
  });

  it.each([
    ['flood', /^\d+ characters of output were dropped/],
    ['flood_raw', /^\d+ bytes of output were dropped/],
  ])('that comes in floods (%s) is cut, counted, and does not stop the function', async (name, dropped) => {
    await withUnit(functions, talkative, async ({ call, logger }) => {
      expect(await call(name)).toBe('flooded');
      await logger.event(dropped);
      const told = logger.events.reduce((sum, event) => sum + event.message.length, 0);
      expect(told).toBeLessThan(1_000_000);
      expect(await call('say')).toBe('said');
    });
  });
});
