import { describe, expect, it } from 'vitest';
import { withUnit } from './loaded-unit.js';

/** A function that finds its process's connections and writes to them what the call's body tells. */
const hostile = `
import gc, json, os, socket, struct, sys, threading, time

def writer():
    return next(each for each in gc.get_objects() if type(each).__name__ == "FrameWriter")

def answers():
    return writer()._connection

def requests():
    return next(each for each in gc.get_objects() if type(each).__name__ == "FrameReader")._connection

def call_id():
    frame = sys._getframe()
    while frame:
        if "call" in frame.f_locals and type(frame.f_locals.get("self")).__name__ == "Server":
            return frame.f_locals["call"]
        frame = frame.f_back
    return 0

def send(kind, content, call=None):
    answers().sendall(struct.pack("<IIBI", 9 + len(content), call_id() if call is None else call, kind, 1) + content)

OK = struct.pack("<II", 0, 4) + b"mine"

def act(what):
    if what == "ready": send(2, b"{}")
    elif what == "loadFailed": send(3, b'{"reason": "r", "function": null}')
    elif what == "skipped": send(4, b"")
    elif what == "another call": send(0, OK, call_id() + 1)
    elif what == "call 0": send(0, OK, 0)
    elif what == "twice": send(0, OK); send(0, OK)
    elif what == "twice in one": 
        frame = struct.pack("<IIBI", 9 + len(OK), call_id(), 0, 1) + OK
        answers().sendall(frame + frame)
    elif what == "half": answers().sendall(struct.pack("<IIBI", 9 + len(OK), call_id(), 0, 1) + OK[:3])
    elif what == "half a head": answers().sendall(b"\\x09\\x00\\x00")
    elif what == "huge": answers().sendall(struct.pack("<IIBI", 0xFFFFFFF0, call_id(), 0, 1))
    elif what == "too few rows": send(0, b"")
    elif what == "too much": send(0, OK + b"more")
    elif what == "no text": send(1, b"\\xff\\xfe")
    elif what == "deep": send(1, b"[" * 60000)
    elif what == "value": send(0, b'%s{"value": 5}mine' % struct.pack("<II", 12, 4)); os._exit(0)
    elif what == "a list": send(0, b"%s[]mine" % struct.pack("<II", 2, 4))
    elif what == "to the requests": requests().sendall(b"x")
    elif what == "ready for ever":
        while True:
            send(2, b"{}")
            time.sleep(0.01)
    elif what == "endless":
        while True:
            answers().sendall(b"\\0" * 65536)

if os.path.exists("at-load"):
    act(open("at-load").read())

def now(data, context):
    """Instead of an answer, or before it."""
    if data is not None:
        act(data[0]["body"])
        time.sleep(20)

def later(data, context):
    """When it has answered: nobody asks anything then."""
    if data is None:
        return None
    what = data[0]["body"]
    def wait():
        time.sleep(0.05)
        act(what)
    threading.Thread(target=wait, daemon=True).start()
    return ["answered"]

def good(data, context):
    return None if data is None else ["good"]
`;

const functions = 'now,later,good';
const lost = {
  code: 'nodeFailed',
  data: { reason: expect.stringMatching(/^(the Python process |no answer within)/) as string },
};

describe('a process that sends what it is not to', () => {
  it.each([
    ...['ready', 'ready for ever', 'loadFailed', 'skipped', 'another call', 'call 0', 'half', 'half a head', 'huge'],
    ...['too few rows', 'too much', 'no text', 'deep', 'a list', 'to the requests', 'endless'],
  ])('instead of an answer (%s) loses this call and no other', async (what) => {
    await withUnit(functions, hostile, async ({ call }) => {
      const failed = expect(call('now', what, { timeoutMs: 1_000 })).rejects.toMatchObject(lost);
      const others = Array.from({ length: 5 }, () => call('good'));
      await failed;
      expect(await Promise.all(others)).toEqual(Array(5).fill('good'));
      expect(await call('good')).toBe('good');
    });
  });

  it.each(['twice', 'twice in one', 'value'])('as its answer (%s) gives that value once, if any', async (what) => {
    await withUnit(functions, hostile, async ({ call }) => {
      expect(await call('now', what, { timeoutMs: 1_000 }).catch(() => 'mine')).toBe('mine');
      // The process ends now: of what it is sent in that moment one call may be lost with it.
      const next = await Promise.all(Array.from({ length: 5 }, () => call('good').catch(() => 'lost')));
      expect(next.filter((answer) => answer !== 'good')).toEqual(next.includes('lost') ? ['lost'] : []);
      expect(await call('good')).toBe('good');
    });
  });

  it.each([
    ...[
      'ready',
      'loadFailed',
      'skipped',
      'call 0',
      'another call',
      'half a head',
      'huge',
      'too much',
      'deep',
      'endless',
    ],
    'to the requests',
  ])('when it is asked nothing (%s) is replaced, and every call answered', async (what) => {
    await withUnit(functions, hostile, async ({ call }) => {
      expect(await call('later', what)).toBe('answered');
      for (let i = 0; i < 30; i += 1) expect(await call('good').catch(() => 'lost')).toMatch(/^(good|lost)$/);
      await expect.poll(() => call('good').catch(() => '')).toBe('good');
    });
  });

  it.each(['ready', 'twice', 'skipped', 'huge', 'half', 'endless', 'a list', 'to the requests'])(
    'while it loads (%s) is loaded or refused, in time',
    async (what) => {
      const load = withUnit(functions, { 'h.py': hostile, 'at-load': what }, () => Promise.resolve(), {
        loadTimeoutMs: 3_000,
      });
      await load.catch((error: unknown) => {
        expect(error).toMatchObject({ code: expect.stringMatching(/^function(LoadFailed|ProcessLost)$/) as string });
      });
    },
  );

  it('tells why it was ended', async () => {
    await withUnit(functions, hostile, async ({ call }) => {
      await expect(call('now', 'too much')).rejects.toMatchObject({
        data: { reason: 'the Python process answered more than it announced' },
      });
      await expect(call('now', 'ready')).rejects.toMatchObject({
        data: { reason: 'the Python process told twice how loading went' },
      });
    });
  });

  it('sets as many headers and as much of them as there may be, and is told when there are more', async () => {
    const source = `
def f(data, context):
    if data is None:
        return None
    count, size = map(int, data[0]["body"].split())
    for i in range(count):
        context.set_response_header(0, "x-%d" % i, "")
    context.set_response_header(0, "x-0", "y" * (size - sum(len("x-%d" % i) for i in range(count))))
    return ["ok"]
`;
    await withUnit('f', source, async ({ call }) => {
      expect(await call('f', '64 8192')).toBe('ok');
      await expect(call('f', '65 8192')).rejects.toMatchObject({
        data: { reason: 'the answer has 65 headers, more than 64' },
      });
      await expect(call('f', '64 8193')).rejects.toMatchObject({
        data: { reason: 'the headers of the answer have 8193 bytes, more than 8192' },
      });
    });
  });
});

describe('what a process sends to the log', () => {
  const source = `
import json, os, socket, threading

def f(data, context):
    if data is None:
        return None
    log = socket.socket(fileno=os.dup(3))
    log.setblocking(True)
    for name in data[0]["body"].split():
        event = {"stream": "logging", "level": "error", "call": 1, "text": name + " " + "A" * 60000}
        event.update({"own": {"call": 2}, "other": {"call": 77}, "none": {"call": None}, "node": {"node": "g", "request": "q"}}.get(name, {}))
        for _ in range(500 if name == "flood" else 1):
            log.send(json.dumps(event).encode())
    for junk in (b"", b"\\xff\\xfe", b"[" * 50000, b"{}", b"null", b'{"stream": "x", "text": "t", "level": null, "call": null}'):
        log.send(junk)
    return ["sent"]
`;
  const named = (text: string) => new RegExp(`^${text} A+… \\(cut\\)$`);

  it('is cut, and told of calls of its own alone', async () => {
    await withUnit('f', source, async ({ call, logger }) => {
      await call('f', '', { requestId: 'first' });
      expect(await call('f', 'own other none node', { requestId: 'second' })).toBe('sent');
      expect((await logger.event(named('own'))).data).toMatchObject({ node: 'f', requestId: 'second' });
      for (const name of ['other', 'none']) {
        expect((await logger.event(named(name))).data).toEqual({ workflow: 'flow1', stream: 'logging' });
      }
      expect((await logger.event(named('node'))).data).toMatchObject({ node: 'f', requestId: 'first' });
    });
  });

  it('is no more than its limit in a flood, which is counted', async () => {
    await withUnit('f', source, async ({ call, logger }) => {
      expect(await call('f', 'flood')).toBe('sent');
      await expect
        .poll(() => call('f', 'again').then(() => logger.events.some((e) => /dropped/.test(e.message))))
        .toBe(true);
      const told = logger.events.reduce((sum, event) => sum + event.message.length, 0);
      expect(told).toBeLessThan(1_000_000);
    });
  });

  it('is few lines, however short they are', async () => {
    const many = 'import os\ndef f(data, context):\n    if data: os.write(1, b"a\\n" * 30_000); return ["sent"]\n';
    await withUnit('f', many, async ({ call, logger }) => {
      await call('f');
      await logger.event(/^\d+ bytes of output were dropped/);
      expect(logger.events.length).toBeLessThan(2_000);
    });
  });
});
