import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AnsweringServer, type Answer } from './support/answering-server.js';
import { runCommand, type CommandResult } from './support/run-command.js';

const at = '2026-01-01T00:00:00.000Z';
const entries = [
  { kind: 'change', at, key: 'ops', from: '10.0.0.1', method: 'POST', path: '/workflows', workflow: 'w', status: 200 },
  { kind: 'change', at, method: 'DELETE', path: '/workflows/w\u001b[2J', workflow: 'w\u001b[2J', operationId: 'o-1' },
];

let server: AnsweringServer;
let answer: Answer;
beforeEach(async () => {
  answer = { body: { entries } };
  server = await AnsweringServer.start(() => answer);
});
afterEach(() => server.close());

const run = (...args: string[]): Promise<CommandResult> =>
  runCommand(['audit', ...args], { environment: { TORCHWEAVE_MANAGEMENT: server.url } });

describe('the audit', () => {
  it('is a line for each change, with nothing that steers a terminal', async () => {
    const { code, stdout } = await run();
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout:
        `${at}  ops from 10.0.0.1: POST /workflows (w), 200\n` +
        `${at}  without a key from unknown: DELETE /workflows/w\\x1b[2J, the client hung up, operation o-1\n`,
    });
  });

  it('is told as JSON as the server tells it', async () => {
    expect(JSON.parse((await run('--json')).stdout)).toEqual({ entries });
  });

  it('says so where there is nothing', async () => {
    answer = { body: { entries: [] } };
    expect((await run()).stdout).toBe('nothing was changed\n');
    expect((await run('--refused')).stdout).toBe('nobody was refused\n');
  });
});
