import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AnsweringServer } from './support/answering-server.js';
import { runCommand, type CommandResult } from './support/run-command.js';

const model = { name: 'up', kind: 'model', minWorkers: 2, maxWorkers: 4 };
const workflow = {
  ...{ workflowName: 'digits', activeVersion: 2, updatingOperationId: 'op-2' },
  versions: [
    {
      ...{ version: 2, state: 'active', workflowUrl: 'digits.war', weight: 100, seenSecondsAgo: 3 },
      nodes: [
        { name: 'pre', kind: 'function' },
        {
          ...model,
          modelServers: [
            { name: 'torchserve-1', state: 'ready', readyWorkers: 2 },
            { name: 'torchserve-2', state: 'unreachable' },
          ],
        },
      ],
    },
    {
      ...{ version: 1, state: 'ready', workflowUrl: 'old.war', weight: 0, keptSeconds: 400 },
      nodes: [{ ...model, maxWorkers: 2 }],
    },
  ],
  gateways: [
    { id: 'g1', revision: 7, isCurrent: true },
    { id: 'g2', revision: 5, isCurrent: false },
  ],
  lastOperation: {
    ...{ id: 'op-2', kind: 'scale-workers', state: 'running', workflow: 'digits', steps: [] },
    ...{ createdAt: '2026-11-24T00:00:00.000Z', attempts: 1 },
  },
};
const screen = `digits: version 2 serves, 2 gateways; not yet as it is now: g2
  version 2  active  100 %  digits.war
  version 1  ready   0 %    old.war     kept for 400 s
nodes of version 2, models as seen 3 s ago:
  pre  function
  up   model, 2 to 4 workers  torchserve-1  ready, 2 ready
                              torchserve-2  unreachable
nodes of version 1:
  up  model, 2 workers  not looked at yet
operation op-2: scale-workers, running, under way
`;

let server: AnsweringServer;
beforeEach(async () => {
  server = await AnsweringServer.start(() => ({ body: [workflow] }));
});
afterEach(() => server.close());

const run = (...args: string[]): Promise<CommandResult> =>
  runCommand(['workflow', ...args], { environment: { TORCHWEAVE_MANAGEMENT: server.url } });

describe('a workflow on one screen', () => {
  it.each([
    ['status', 'digits'],
    ['describe', 'digits', '--detailed'],
  ])('is what workflow %s %s tells', async (...args) => {
    expect(await run(...args)).toMatchObject({ code: 0, stdout: screen });
    expect(server.seen.map(({ url }) => url)).toEqual(['/workflows/digits?detailed=true']);
  });

  it('is told as JSON, too', async () => {
    const { stdout } = await run('status', 'digits', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ workflowName: 'digits', gateways: [{ id: 'g1' }, {}] });
  });
});
