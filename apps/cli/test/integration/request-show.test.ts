import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AnsweringServer, type Answer } from './support/answering-server.js';
import { runCommand, type CommandResult } from './support/run-command.js';

const error = { message: 'Error executing classifier: it broke\nat line 3 \u001b[2J', errorCode: 'nodeFailed' };
const long = `a-${'very-'.repeat(20)}long-name`;
const kept = {
  ...{ id: 'r-1', workflow: 'digits', version: 7, at: '2026-01-01T00:00:00.000Z', durationMs: 1_250, status: 500 },
  ...{ outcome: 'failed', why: 'failed', gateway: 'g-1', error },
  spans: [
    { node: 'prepare', attempt: 1, startedMs: 0.2, waitedMs: 0.1, durationMs: 40, outcome: 'ok' },
    {
      ...{ node: long, attempt: 1, startedMs: 50, waitedMs: 300, durationMs: 600, outcome: 'failed' },
      ...{ place: 'ts-1', error },
    },
    { node: long, attempt: 2, startedMs: 700, durationMs: 550, outcome: 'cancelled' },
  ],
};
const screen = `request r-1: failed with 500 after 1.25 s
version 7 of workflow digits, 2026-01-01T00:00:00.000Z, kept as failed
gateway g-1

node                   outcome    waited .     ran =  0 to 1.25 s
prepare                ok           0.1 ms   39.9 ms  =
a-very-very…-long-name failed       300 ms    300 ms   ......=======
a-very-ve…long-name #2 cancelled              550 ms                 ===========

attempt 1 of ${long} at ts-1: nodeFailed
  Error executing classifier: it broke
  at line 3 \\x1b[2J
answered: nodeFailed
  Error executing classifier: it broke
  at line 3 \\x1b[2J
`;

let server: AnsweringServer;
let answer: Answer;
beforeEach(async () => {
  answer = { body: kept };
  server = await AnsweringServer.start(() => answer);
});
afterEach(() => server.close());

const run = (...args: string[]): Promise<CommandResult> =>
  runCommand(['request', 'show', ...args], { environment: { TORCHWEAVE_MANAGEMENT: server.url } });

describe('a request that was kept', () => {
  it('is a waterfall of 80 columns, with every error in full and nothing that steers a terminal', async () => {
    const { code, stdout } = await run('r-1');
    expect({ code, stdout }).toEqual({ code: 0, stdout: screen });
    const [waterfall = ''] = stdout.split('\n\n').slice(1);
    for (const line of waterfall.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('is told as JSON as the server tells it', async () => {
    expect(JSON.parse((await run('r-1', '--json')).stdout)).toEqual(kept);
  });

  it('of which no node was reached, and which got no answer, says so', async () => {
    answer = { body: { ...kept, version: 0, status: 0, outcome: 'cancelled', error: undefined, spans: [] } };
    const { stdout } = await run('r-1');
    expect(stdout).toContain('request r-1: cancelled without an answer after 1.25 s\nworkflow digits, ');
    expect(stdout).toMatch(/\n\nNo node was reached\.\n$/);
  });

  it('that is not there any more is a sentence of the server', async () => {
    const message = 'Request not kept: r-2.';
    answer = { status: 404, body: { code: 404, type: 'ResourceNotFoundException', message } };
    const { code, stderr } = await run('r-2');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) as string });
  });
});
