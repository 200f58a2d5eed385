import { leaksIn } from '@torchweave/testing/leaks';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { differences, send, type Servers } from './support/play-step.js';
import { recordedScenarios } from './support/recordings.js';
import { EmbeddedSystem } from './support/embedded.js';
import { missingTorchServe, TestSystem } from './support/torchweave.js';
import { fillStores, serveArchives } from './support/write-archives.js';
import { unregisterAll } from './support/unregister-all.js';

interface SystemUnderTest {
  readonly management: string;
  readonly inference: string;
  readonly workflowStore: string;
  readonly modelStore: string;
  dispose(): Promise<void>;
}

function describeConversations(start: () => Promise<SystemUnderTest>): void {
  let system: SystemUnderTest;
  let servers: Servers;
  let www: Awaited<ReturnType<typeof serveArchives>>;

  beforeAll(async () => {
    system = await start();
    fillStores(system.workflowStore, system.modelStore);
    www = await serveArchives();
    servers = { management: system.management, inference: system.inference, www: www.url };
  });
  afterEach(() => unregisterAll(system.management));
  afterAll(async () => {
    await www.close();
    await system.dispose();
  });

  it.each(recordedScenarios)('$scenario', async ({ steps }) => {
    for (const step of steps) {
      const answer = await send(step, servers);
      expect(differences(step, answer, servers.www), `${step.id}: ${step.method} ${step.path}`).toEqual([]);
      const sent = `${JSON.stringify(step)} ${servers.www}`;
      if (answer.status >= 400) expect(leaksIn(answer.body.toString(), sent), step.id).toEqual([]);
    }
  });
}

const missing = missingTorchServe();
const reason = missing === undefined ? '' : ` (skipped: ${missing})`;

describe.skipIf(missing !== undefined)(
  `the recorded conversations, api, worker and gateway apart, on TorchServe${reason}`,
  () => describeConversations(() => TestSystem.start()),
);

describe('the recorded conversations, in one process, on the local model server', () =>
  describeConversations(() => EmbeddedSystem.start()));
