import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AnsweringServer } from './support/answering-server.js';
import { runCommand, type CommandResult } from './support/run-command.js';

const accepted = { status: 'The operation has been accepted.', operationId: 'op-1' };
const operation = {
  ...{ id: 'op-1', kind: 'scale-workers', state: 'succeeded', workflow: 'digits', steps: [] },
  ...{ createdAt: '2026-11-24T00:00:00.000Z', attempts: 1 },
};

let server: AnsweringServer;
beforeEach(async () => {
  server = await AnsweringServer.start(({ method }) =>
    method === 'PUT' ? { status: 202, body: accepted } : { body: operation },
  );
});
afterEach(() => server.close());

const run = (...args: string[]): Promise<CommandResult> =>
  runCommand(['workflow', 'scale', ...args], { environment: { TORCHWEAVE_MANAGEMENT: server.url } });

describe('workflow scale', () => {
  it.each([
    [['--min-workers', '4'], 'min_worker=4&', 'workflow digits are scaled to 4'],
    [
      ['--node', 'classify', '--min-workers', '2', '--max-workers', '3'],
      'node=classify&min_worker=2&max_worker=3&',
      'node classify of workflow digits are scaled to 2 to 3',
    ],
  ])('asks for %j', async (flags, query, sentence) => {
    expect(await run('digits', ...flags)).toMatchObject({
      code: 0,
      stdout: `The workers of ${sentence} on each model server.\n`,
    });
    const [first] = server.seen;
    expect([first?.method, first?.url]).toEqual(['PUT', `/workflows/digits?${query}synchronous=false`]);
  });

  it('tells the operation where it is not to wait', async () => {
    const { stdout } = await run('digits', '--min-workers', '4', '--async');
    expect(stdout).toBe('Operation op-1 has begun. Follow it: torchweave operation watch op-1\n');
  });

  it('asks for nothing without a number', async () => {
    expect(await run('digits')).toMatchObject({ code: 2, stderr: expect.stringContaining('--min-workers') as string });
    expect(server.seen).toEqual([]);
  });
});
