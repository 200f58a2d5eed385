import { chmod, readFile } from 'node:fs/promises';
import { freePort } from '@torchweave/testing/process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AnsweringServer, type Answer, type SeenRequest } from './support/answering-server.js';
import { runCommand, type CommandResult, type CommandWorld } from './support/run-command.js';
import { TemporaryFolder } from './support/temporary-folder.js';

let folder: TemporaryFolder;
let server: AnsweringServer | undefined;

beforeEach(async () => {
  folder = await TemporaryFolder.make();
});

afterEach(async () => {
  await server?.close();
  server = undefined;
  await folder.remove();
});

const step = (name: string, durationMs?: number) => ({
  name,
  startedAt: `2026-11-24T00:00:00.${name.length}Z`,
  ...(durationMs === undefined ? {} : { durationMs }),
});

const operation = (state: string, more: object = {}) => ({
  id: 'op-1',
  kind: 'register-workflow',
  state,
  steps: [],
  createdAt: '2026-11-24T00:00:00.000Z',
  attempts: 1,
  ...more,
});

/** The looks that a client takes at an operation, one after the other. */
const course = [
  operation('waiting'),
  operation('running', { steps: [step('fetch-archive')] }),
  operation('running', { workflow: 'digits', steps: [step('fetch-archive', 3), step('commit')] }),
  operation('succeeded', { workflow: 'digits', steps: [step('fetch-archive', 3), step('commit', 1)] }),
];

/** Accepts what is begun, and shows the operation as it goes on. */
function serveOperation(states: readonly object[]): (request: SeenRequest) => Answer {
  let looks = 0;
  return ({ method }) => {
    if (method !== 'GET')
      return { status: 202, body: { status: 'The operation has been accepted.', operationId: 'op-1' } };
    looks += 1;
    return { body: states[Math.min(looks, states.length) - 1] };
  };
}

async function start(answer: (request: SeenRequest) => Answer): Promise<AnsweringServer> {
  server = await AnsweringServer.start(answer);
  return server;
}

function run(args: readonly string[], world: CommandWorld = {}): Promise<CommandResult> {
  const address = server?.url ?? '';
  const environment = { TORCHWEAVE_MANAGEMENT: address, TORCHWEAVE_INFERENCE: address, ...world.environment };
  return runCommand(args, { ...world, environment });
}

describe('workflow register', () => {
  const listeners = process.listenerCount('SIGINT');

  it('begins a registration and tells its steps line by line', async () => {
    const { seen } = await start(serveOperation(course));
    const digest = 'a'.repeat(64);
    const args = ['workflow', 'register', 'digits.war', '--name', 'digits', '--sha256', digest];
    expect(await run(args)).toMatchObject({
      code: 0,
      stdout: 'Workflow digits is registered and served.\n',
      stderr: 'fetch-archive 3 ms\ncommit 1 ms\n',
    });
    const [first] = seen;
    expect([first?.method, first?.url]).toEqual([
      'POST',
      `/workflows?url=digits.war&workflow_name=digits&sha256=${digest}&synchronous=false`,
    ]);
    expect(seen.slice(1).every(({ url }) => url === '/operations/op-1')).toBe(true);
  });

  it('shows one changing line on a terminal', async () => {
    await start(serveOperation(course));
    const { stdout, stderr } = await run(['workflow', 'register', 'digits.war'], { isTerminal: true });
    const shown = stderr.split('\r\u001b[2K').filter((text) => text !== '');
    expect(shown.map((text) => text.replace(/^\d+ s/, 'N s'))).toEqual([
      ...['N s: waiting', 'N s: fetch-archive', 'N s: commit of digits'],
    ]);
    expect(stdout).toBe('Workflow digits is registered and served.\n');
  });

  it('leaves the operation to itself at a Ctrl-C, and tells its id', async () => {
    let looks = 0;
    const { seen } = await start((request) => {
      if (request.method === 'GET' && (looks += 1) === 3) process.emit('SIGINT');
      return serveOperation(course.slice(0, 2))(request);
    });
    expect(await run(['workflow', 'register', 'digits.war'])).toMatchObject({
      ...{ code: 130, stdout: '' },
      stderr:
        'torchweave: Operation op-1 goes on without this command. Follow it: torchweave operation watch op-1. Take it back: torchweave operation cancel op-1.\n',
    });
    expect(seen.filter(({ method }) => method !== 'GET').length).toBe(1);
    expect(process.listenerCount('SIGINT')).toBe(listeners);
  });

  it('tells the whole operation as JSON, and nothing else', async () => {
    await start(serveOperation(course));
    const { stdout, stderr } = await run(['workflow', 'register', 'digits.war', '--json']);
    expect([JSON.parse(stdout), stderr]).toEqual([course.at(-1), '']);
  });

  it('does not wait with --async', async () => {
    const { seen } = await start(serveOperation(course));
    const { code, stdout } = await run(['workflow', 'register', 'digits.war', '--async', '--json']);
    expect([code, JSON.parse(stdout), seen.length]).toEqual([0, { operationId: 'op-1' }, 1]);
  });

  it('sends the bytes of a file of this machine', async () => {
    const { seen } = await start(serveOperation(course));
    await folder.write({ 'digits.war': 'PK'.repeat(100_000) });
    const args = ['workflow', 'register', folder.at('digits.war'), '--name', 'mine', '--async'];
    expect(await run(args)).toMatchObject({ code: 0, stderr: '' });
    const [first] = seen;
    expect([first?.method, first?.url]).toEqual(['POST', '/workflows?workflow_name=mine&synchronous=false']);
    expect(first?.headers['content-type']).toBe('application/octet-stream');
    expect(first?.body.toString()).toBe('PK'.repeat(100_000));
  });

  it.runIf(process.getuid?.() !== 0)('says which file cannot be read', async () => {
    const { seen } = await start(serveOperation(course));
    await folder.write({ 'digits.war': '' });
    await chmod(folder.at('digits.war'), 0);
    const { code, stderr } = await run(['workflow', 'register', folder.at('digits.war')]);
    expect([code, stderr, seen.length]).toEqual([
      ...[1, `torchweave: The archive ${folder.at('digits.war')} cannot be read (EACCES).\n`, 0],
    ]);
  });

  it("ends with 1 and the server's sentence when the operation fails", async () => {
    const error = { code: 409, type: 'ConflictStatusException', message: 'Workflow digits is already registered.' };
    await start(serveOperation([operation('failed', { error })]));
    const plain = await run(['workflow', 'register', 'digits.war']);
    expect(plain).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'torchweave: Workflow digits is already registered.\n',
    });
    const json = await run(['workflow', 'register', 'digits.war', '--json']);
    expect(JSON.parse(json.stderr)).toEqual({ error });
  });

  it('sends the token', async () => {
    const { seen } = await start(serveOperation(course));
    await run(['workflow', 'register', 'a.war', '--async'], { environment: { TORCHWEAVE_TOKEN: 'from variable' } });
    await run(['workflow', 'register', 'a.war', '--async', '--token', 'from-flag'], {
      environment: { TORCHWEAVE_TOKEN: 'from variable' },
    });
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer from variable', 'Bearer from-flag']);
  });
});

describe('workflow list', () => {
  const name = (at: number) => ({ workflowName: `w${at}`, workflowUrl: `w${at}.war` });

  it('reads every page', async () => {
    const { seen } = await start(({ url }) => {
      const isFirst = new URL(url, 'http://x').searchParams.get('next_page_token') === '0';
      return { body: isFirst ? { nextPageToken: '1', workflows: [name(0)] } : { workflows: [name(10)] } };
    });
    expect((await run(['workflow', 'list'])).stdout).toBe('w0   w0.war\nw10  w10.war\n');
    expect(seen.map(({ url }) => url)).toEqual([
      '/workflows?limit=100&next_page_token=0',
      '/workflows?limit=100&next_page_token=1',
    ]);
    expect(JSON.parse((await run(['workflow', 'list', '--json'])).stdout)).toEqual([name(0), name(10)]);
  });

  it('prints nothing where there is none', async () => {
    await start(() => ({ body: { workflows: [] } }));
    expect(await run(['workflow', 'list'])).toMatchObject({ code: 0, stdout: '' });
  });
});

describe('workflow describe', () => {
  const described = {
    workflowName: 'digits',
    workflowUrl: 'digits.war',
    minWorkers: 1,
    maxWorkers: 2,
    batchSize: 4,
    maxBatchDelay: 50,
    workflowDag: '{pre=[up]}',
  };

  it('tells a workflow for people and as JSON', async () => {
    const { seen } = await start(() => ({ body: [described] }));
    expect((await run(['workflow', 'describe', 'digits'])).stdout).toMatch(/^workers +1 to 2$/m);
    expect(JSON.parse((await run(['workflow', 'describe', 'a/b', '--json'])).stdout)).toEqual(described);
    expect(seen.map(({ url }) => url)).toEqual(['/workflows/digits', '/workflows/a%2Fb']);
  });

  it("ends with 1 and the server's sentence where there is no such workflow", async () => {
    const message = 'Workflow not found: digits';
    await start(() => ({ status: 404, body: { code: 404, type: 'WorkflowNotFoundException', message } }));
    const result = await run(['workflow', 'describe', 'digits']);
    expect(result).toMatchObject({ code: 1, stdout: '', stderr: `torchweave: ${message}\n` });
  });

  it('says so when it is no Torchweave that answers', async () => {
    await start(() => ({ body: { hello: 'world' } }));
    const { code, stderr } = await run(['workflow', 'describe', 'digits']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('does not answer as a Torchweave does')]);
  });
});

describe('workflow unregister', () => {
  it('waits until the workflow is gone', async () => {
    const { seen } = await start(serveOperation([operation('succeeded', { kind: 'unregister-workflow' })]));
    expect((await run(['workflow', 'unregister', 'digits'])).stdout).toBe('Workflow digits is unregistered.\n');
    expect([seen[0]?.method, seen[0]?.url]).toEqual(['DELETE', '/workflows/digits?synchronous=false']);
  });
});

describe('workflow predict', () => {
  const picture = Buffer.from([0x89, 0x50, 0xff, 0x00, 0x0a]);

  it('sends a file and gives back the bytes of the answer', async () => {
    const { seen } = await start(() => ({ body: picture }));
    await folder.write({ 'seven.png': picture });
    const { code, bytes } = await run(['workflow', 'predict', 'digits', '--file', folder.at('seven.png')]);
    expect([code, bytes]).toEqual([0, picture]);
    expect(seen[0]).toMatchObject({
      method: 'POST',
      url: '/wfpredict/digits',
      body: picture,
      headers: { 'content-type': 'image/png' },
    });
  });

  it('sends what comes from stdin', async () => {
    const { seen } = await start(() => ({ body: 1 }));
    await run(['workflow', 'predict', 'digits', '-', '--content-type', 'text/csv'], { stdin: 'a,b' });
    expect(seen[0]).toMatchObject({ body: Buffer.from('a,b'), headers: { 'content-type': 'text/csv' } });
  });

  it('sends JSON, and takes --json for it', async () => {
    const { seen } = await start(() => ({ body: 1 }));
    await run(['workflow', 'predict', 'digits', '--json', '{"a": 1}']);
    expect(seen[0]).toMatchObject({ body: Buffer.from('{"a": 1}'), headers: { 'content-type': 'application/json' } });
  });

  it('writes the answer to a file', async () => {
    await start(() => ({ body: picture }));
    const args = ['workflow', 'predict', 'digits', '--data', 'x', '--output', folder.at('answer.png')];
    expect(await run(args)).toMatchObject({ code: 0, stdout: '' });
    expect(await readFile(folder.at('answer.png'))).toEqual(picture);
  });

  it('tells which node failed and why, and writes no file', async () => {
    const answer = {
      code: 500,
      type: 'InternalServerException',
      message: 'Error executing digits__up',
      reason: 'boom',
    };
    await start(() => ({ status: 500, body: answer }));
    const { code, stderr } = await run(['workflow', 'predict', 'digits', '--data', 'x', '--output', folder.at('a')]);
    expect([code, stderr]).toEqual([1, 'torchweave: Error executing digits__up (boom)\n']);
    await expect(readFile(folder.at('a'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('operation', () => {
  it('watch follows it to its end', async () => {
    await start(serveOperation(course));
    const { code, stdout, stderr } = await run(['operation', 'watch', 'op-1']);
    expect([code, stdout]).toEqual([0, 'register-workflow of digits has succeeded.\n']);
    expect(stderr).toBe('fetch-archive 3 ms\ncommit 1 ms\n');
  });

  it('cancel sees to it that what it had done is undone, and tells what is not', async () => {
    const error = { code: 409, message: 'Operation op-1 was cancelled.', errorCode: 'operationCancelled' };
    const undone = [operation('running'), operation('running'), operation('failed', { error })];
    let looks = 0;
    const { seen } = await start(({ method }) => ({
      ...(method === 'DELETE' ? { status: 202 } : {}),
      body: undone[Math.min((looks += 1), undone.length) - 1],
    }));
    expect(await run(['operation', 'cancel', 'op-1'])).toMatchObject({
      ...{ code: 0, stderr: '' },
      stdout: 'Operation op-1 is cancelled, and what it had done is undone.\n',
    });
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      ...['DELETE /operations/op-1', 'GET /operations/op-1', 'GET /operations/op-1'],
    ]);
  });

  it.each([
    [operation('succeeded'), 'Operation op-1 has succeeded before it was stopped.'],
    [operation('failed', { error: { message: 'It failed by itself.' } }), 'It failed by itself.'],
  ])('cancel says when it ended by itself before it was stopped', async (ended, sentence) => {
    await start(({ method }) => ({ body: method === 'DELETE' ? operation('running') : ended }));
    expect(await run(['operation', 'cancel', 'op-1'])).toMatchObject({
      ...{ code: 1, stdout: '' },
      stderr: `torchweave: ${sentence}\n`,
    });
  });

  it('show tells how it stands', async () => {
    const running = operation('running', { steps: [step('fetch-archive', 3), step('commit')] });
    await start(serveOperation([running]));
    const { stdout } = await run(['operation', 'show', 'op-1']);
    expect(stdout).toMatch(/^state +running$/m);
    expect(stdout).toMatch(/^ {2}commit +under way$/m);
    expect(JSON.parse((await run(['operation', 'show', 'op-1', '--json'])).stdout)).toEqual(running);
  });
});

describe('a connection that is lost', () => {
  const answerSecond = (request: SeenRequest): Answer => {
    if (server?.seen.length === 1) throw new Error('the server dies over it');
    return serveOperation(course.slice(-1))(request);
  };

  it.each([
    ['POST', ['workflow', 'register']],
    ['PUT', ['workflow', 'update', 'digits']],
  ])('has a %s of an archive sent again, whole and under its key', async (method, command) => {
    const { seen } = await start(answerSecond);
    await folder.write({ 'digits.war': 'x'.repeat(200_000) });
    const { code, stdout } = await run([...command, folder.at('digits.war'), '--async']);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^Operation op-1 has begun/)]);
    const [first, second] = seen;
    expect(seen).toHaveLength(2);
    expect([first?.method, first?.headers['idempotency-key']]).toEqual([
      method,
      expect.stringMatching(/^[\da-f-]{36}$/),
    ]);
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
    expect([second?.url, second?.body.length]).toEqual([first?.url, 200_000]);
    expect(second?.body.equals(first?.body ?? Buffer.of())).toBe(true);
  });

  it('is told where it is lost each time', async () => {
    const { seen } = await start(() => {
      throw new Error('the server dies over it');
    });
    const { code, stderr } = await run(['workflow', 'unregister', 'digits', '--async']);
    expect([code, seen.length]).toEqual([1, 4]);
    expect(stderr).toMatch(/cannot be reached/);
  });

  it('has two changes under two keys', async () => {
    const { seen } = await start(serveOperation(course.slice(-1)));
    for (const _ of [1, 2]) await run(['workflow', 'unregister', 'digits', '--async']);
    expect(new Set(seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(2);
  });
});

describe('a server that cannot be reached', () => {
  it('is told with its address and with how to start one', async () => {
    const address = `http://127.0.0.1:${await freePort()}`;
    const { code, stderr } = await runCommand(['workflow', 'list', '--management', address]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^torchweave: The management API at http:\/\/127\.0\.0\.1:\d+ cannot be reached \(.*ECONNREFUSED/,
    );
    expect(stderr).toContain('torchweave start');
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('is told of a prediction as the inference API', async () => {
    const args = [
      'workflow',
      'predict',
      'digits',
      '--data',
      'x',
      '--inference',
      `http://127.0.0.1:${await freePort()}`,
    ];
    expect((await runCommand(args)).stderr).toContain('The inference API at');
  });

  it('is told when the address is none', async () => {
    const { code, stderr } = await runCommand(['workflow', 'list', '--management', '127.0.0.1:8081']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('--management must be an address')]);
  });
});
