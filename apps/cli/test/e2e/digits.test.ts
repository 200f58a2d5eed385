import { findTorchServe } from '@torchweave/torchserve-tool';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { heldOutDigits, officialArchivers, ownArchivers, packDigits, type Archivers } from './support/pack-digits.js';
import { missingTorchServe, TestSystem } from './support/torchweave.js';
import { unregisterAll } from './support/unregister-all.js';

const missing = missingTorchServe();

describe.skipIf(missing !== undefined)(
  `the digits sample on TorchServe${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    let system: TestSystem;
    beforeAll(async () => {
      system = await TestSystem.start();
    });
    afterEach(() => unregisterAll(system.management));
    afterAll(() => system.dispose());

    async function rightAnswers(archivers: Archivers): Promise<number> {
      packDigits(archivers, system.workflowStore, system.modelStore);
      const registered = await fetch(`${system.management}/workflows?url=digits.war`, { method: 'POST' });
      expect([registered.status, await registered.text()]).toEqual([200, expect.stringContaining('digits')]);
      const pictures = heldOutDigits();
      const answers = await Promise.all(
        pictures.map(async ({ picture, digit }) => {
          const response = await fetch(`${system.inference}/wfpredict/digits`, { method: 'POST', body: picture });
          const answer = (await response.json()) as { digit: number };
          return response.status === 200 && answer.digit === digit;
        }),
      );
      return answers.filter(Boolean).length / pictures.length;
    }

    it('reads at least nine of ten held-out digits, packed by the project’s own commands', async () => {
      expect(await rightAnswers(ownArchivers)).toBeGreaterThanOrEqual(0.9);
    });

    it('reads them just as well packed by torch-model-archiver and torch-workflow-archiver', async () => {
      const found = findTorchServe();
      if (!found.found) throw new Error(found.reason);
      expect(await rightAnswers(officialArchivers(found.home))).toBeGreaterThanOrEqual(0.9);
    });

    it('tells what is wrong with something that is no picture, as the client’s fault', async () => {
      packDigits(ownArchivers, system.workflowStore, system.modelStore);
      await fetch(`${system.management}/workflows?url=digits.war`, { method: 'POST' });
      const response = await fetch(`${system.inference}/wfpredict/digits`, { method: 'POST', body: 'no picture' });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ code: 400, message: expect.stringMatching(/PNG/i) as string });
    });
  },
);
