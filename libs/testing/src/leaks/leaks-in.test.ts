import { describe, expect, it } from 'vitest';
import { leaksIn } from './leaks-in.js';

describe('leaksIn', () => {
  it.each([
    ['a stack of Node', 'Error: no\n    at run (file:///srv/x.js:1:2)', 'a stack'],
    ['a traceback', '"message": "Traceback (most recent call last):"', 'a stack'],
    ['a line of a traceback', 'File \\"/x/h.py\\", line 3', 'a stack'],
    ['a path', 'cannot open /tmp/torchweave-1/h.py', 'a path'],
    ['a path in quotes', '"/root/.cache/x"', 'a path'],
    ['an address', 'connect ECONNREFUSED 127.0.0.1:6379', 'an address'],
    ['a name with a port', 'http://localhost:8081/models', 'an address'],
    ['an address of version six', 'connect to [::1]:6379', 'an address'],
    ['the URL of Redis', 'redis://:secret@cache/0', 'an address'],
  ])('finds %s', (_, answer, what) => expect(leaksIn(answer, '')).toEqual([expect.stringContaining(what)]));

  it.each([
    ['a sentence', '{"code": 404, "message": "Workflow not found: a/b. Follow it at GET /operations/x."}', ''],
    [
      'what the client wrote',
      'Failed to download archive from: http://127.0.0.1:80/a.war',
      'url=http://127.0.0.1:80/a.war',
    ],
    ['a path that the client wrote', 'no file at file:///tmp/a.war', 'url=file:///tmp/a.war'],
    ['a version', 'wants 0.12.0 or 0.2.15', ''],
  ])('lets %s pass', (_, answer, request) => expect(leaksIn(answer, request)).toEqual([]));
});
