import { missing as missingBrowser, open, picture, seriousFaults, startBrowser } from '@torchweave/testing/browser';
import type { Browser, Opened, Page } from '@torchweave/testing/browser';
import { specText, workflowFiles, zipOf } from '@torchweave/testing/builders';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { missingTorchServe, TestSystem } from './support/torchweave.js';
import { fillStores } from './support/write-archives.js';

const missing = missingBrowser ?? missingTorchServe();
const dag = { pre: ['up'], up: ['post'] };
const spec = specText({ settings: { 'min-workers': 1, 'max-workers': 1, 'retry-attempts': 1 }, dag });
const handlerOf = (post: string): string =>
  `def pre(data, context):\n    return None if data is None else [data[0]["body"]]\n\n\n` +
  `def post(data, context):\n    if data is None:\n        return None\n    ${post}\n`;
const good = handlerOf('return [data[0].get("data") or data[0].get("body")]');
const broken = handlerOf('raise ValueError("the weights are those of <b>another</b> net")');
const hostileName = 'hostile';
const markup = '<img src=x onerror=alert(1)>"\'><script>alert(2)</script>';

/** What stands on the page of a workflow, by a workflow's name. */
const archive = (handler: string, name = 'chain'): Promise<Buffer> => zipOf(workflowFiles({ name, spec, handler }));

describe.skipIf(missing !== undefined)(`the page of a running server${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const home = mkdtempSync(join(tmpdir(), 'torchweave-page-'));
  const keyFile = join(home, 'keys.json');
  let system: TestSystem;
  let browser: Browser;
  let opened: Opened;
  let page: Page;

  beforeAll(async () => {
    [system, browser] = await Promise.all([TestSystem.start({ TORCHWEAVE_KEY_FILE: keyFile }), startBrowser()]);
    fillStores(system.workflowStore, system.modelStore);
    opened = await open(browser, `${system.management}/`);
    ({ page } = opened);
    page.setDefaultTimeout(30_000);
  });
  // What a test of the page saw when it failed says more than what it waited for.
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await picture(page, `failed-${task.id}`);
    expect(opened.faults).toEqual([]);
  });
  afterAll(async () => {
    await browser.close();
    await system.dispose();
    rmSync(home, { recursive: true, force: true });
  });

  const keyOf = (name: 'management' | 'inference'): string =>
    (JSON.parse(readFileSync(keyFile, 'utf8')) as Record<string, { key: string }>)[name]?.key ?? '';
  const authorized = (name: 'management' | 'inference'): Record<string, string> => ({
    authorization: `Bearer ${keyOf(name)}`,
  });
  const predict = async (): Promise<number> => {
    const init = {
      method: 'POST',
      body: 'hello',
      headers: { ...authorized('inference'), 'content-type': 'text/plain' },
    };
    const response = await fetch(`${system.inference}/wfpredict/chain`, init);
    await response.arrayBuffer();
    return response.status;
  };
  const goTo = (path: string): Promise<unknown> => page.goto(`${system.management}/dashboard/${path}`);
  const node = (name: string) => page.locator(`[data-node="${name}"]`);
  const dialog = () => page.getByRole('dialog');
  const upload = async (button: string, verb: string, buffer: Buffer): Promise<void> => {
    await page.getByRole('button', { name: button }).click();
    const file = { name: 'chain.war', mimeType: 'application/zip', buffer };
    await dialog().getByLabel('Archive file').setInputFiles(file);
    await dialog().getByRole('button', { name: verb, exact: true }).click();
    await dialog().getByRole('status').getByText('succeeded').waitFor();
    await dialog().getByRole('button', { name: 'Close' }).click();
  };

  it('is signed in to with a key', async () => {
    expect(new URL(page.url()).pathname).toBe('/dashboard/');
    await page.getByLabel('Key').fill(keyOf('management'));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Nothing needs a look').waitFor();
    expect(await page.evaluate('document.cookie')).toBe('');
  });

  it('registers an archive of this machine, and shows its nodes as they serve', async () => {
    await goTo('workflows');
    await upload('Register…', 'Register', await archive(good));
    await goTo('workflows/chain');
    for (const name of ['pre', 'up', 'post'])
      await node(name)
        .getByText(/^\W*serving/)
        .waitFor();
    await picture(page, 'real-workflow');
    expect(await seriousFaults(page)).toEqual([]);
  });

  it('tries a request, and shows its answer and what is going on', async () => {
    await goTo('workflows/chain/try');
    await page.getByLabel('Text', { exact: true }).check();
    await page.getByLabel('Text to send').fill('hello');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByLabel('Answer', { exact: true }).getByText('HELLO').first().waitFor();
    await page.getByText('What each node did').waitFor();
    await picture(page, 'real-try');
    await page.getByRole('region', { name: 'Answer' }).getByRole('link').click();
    await page.getByRole('button', { name: /^up / }).first().click();
    await page.getByLabel('Output of up').getByText('HELLO').waitFor();
    await page
      .getByRole('heading', { name: /^Request/ })
      .locator('..')
      .getByText('ok')
      .first()
      .waitFor();
    await picture(page, 'real-request');
    expect(await seriousFaults(page)).toEqual([]);
    await goTo('workflows/chain');
    await page
      .getByText(/0\.\d+\s*req\/s/)
      .first()
      .waitFor();
  });

  it('shows the node of a model server that is killed, why and since when, and its recovery', async () => {
    await goTo('workflows/chain/nodes/up');
    await system.torchserve.kill();
    await node('up').getByText('not serving').waitFor();
    const panel = page.getByRole('complementary', { name: 'Node up' });
    await panel
      .getByText(/cannot be reached|does not answer|unreachable/)
      .first()
      .waitFor();
    await picture(page, 'real-model-server-away');
    await goTo('');
    await page.getByText('2 things need a look').waitFor();
    // The two clicks of whoever has been woken: the workflow, and its node that is red.
    await page
      .getByRole('region', { name: /need a look/ })
      .getByText('up: torchserve-1 does not answer.')
      .waitFor();
    await picture(page, 'real-home-model-server-away');
    await system.restartTorchServe();
    await goTo('workflows/chain');
    await node('up')
      .getByText(/^\W*serving/)
      .waitFor();
    await expect.poll(predict, { timeout: 60_000 }).toBe(200);
  });

  it('shows why an update was taken back, and what serves', async () => {
    const headers = { ...authorized('management'), 'content-type': 'application/zip' };
    const query = 'watch_seconds=60&max_error_rate=0.05&synchronous=false';
    const update = await fetch(`${system.management}/workflows/chain?${query}`, {
      ...{ method: 'PUT', headers, body: new Uint8Array(await archive(broken)) },
    });
    expect(update.status).toBe(202);
    const { operationId } = (await update.json()) as { operationId: string };
    const state = async (): Promise<string> => {
      await predict();
      const response = await fetch(`${system.management}/operations/${operationId}`, { headers });
      return ((await response.json()) as { state: string }).state;
    };
    await expect.poll(state, { timeout: 60_000 }).toBe('failed');
    await goTo('workflows/chain/versions');
    await page.getByRole('row', { name: /^v1/ }).getByText('default').first().waitFor();
    await picture(page, 'real-versions-rolled-back');
    await goTo(`operations/${operationId}`);
    await page
      .getByText(/went back to version 1|version 1 serves/)
      .first()
      .waitFor();
    await picture(page, 'real-operation-rolled-back');
    expect(await predict()).toBe(200);
  });

  it('finds a failed request by its id, and why it failed', async () => {
    await goTo('requests');
    await page
      .getByRole('row', { name: /failed/ })
      .first()
      .waitFor();
    await picture(page, 'real-requests');
    const id =
      (await page
        .getByRole('row', { name: /failed/ })
        .first()
        .getByRole('link')
        .first()
        .getAttribute('href')) ?? '';
    await page.getByPlaceholder('x-request-id').fill(id.split('/').at(-1) ?? '');
    await page
      .getByRole('row', { name: /failed/ })
      .first()
      .getByRole('link')
      .first()
      .click();
    await page.getByText('the weights are those of <b>another</b> net').first().waitFor();
    await picture(page, 'real-failed-request');
  });

  it('runs nothing of what a workflow says', async () => {
    await goTo('workflows');
    await upload(
      'Register…',
      'Register',
      await archive(handlerOf(`raise ValueError(${JSON.stringify(markup)})`), hostileName),
    );
    await goTo(`workflows/${hostileName}/try`);
    await page.getByLabel('Text', { exact: true }).check();
    await page.getByLabel('Text to send').fill(markup);
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByLabel('Answer', { exact: true }).getByText('500').first().waitFor();
    await goTo(`workflows/${hostileName}/nodes/post`);
    await page.getByRole('complementary', { name: 'Node post' }).getByText('onerror=alert(1)').first().waitFor();
    await picture(page, 'real-hostile');
    expect(await seriousFaults(page)).toEqual([]);
  });

  it('unregisters what is named', async () => {
    await goTo('workflows/chain');
    await page.getByRole('button', { name: 'Unregister…' }).click();
    await dialog().getByRole('textbox').fill('chain');
    await dialog().getByRole('button', { name: 'Unregister', exact: true }).click();
    await dialog().getByRole('status').getByText('succeeded').waitFor();
    await expect.poll(predict).toBe(404);
    await goTo('audit');
    await page.getByRole('row', { name: /management .*DELETE \/workflows\/chain/ }).waitFor();
    await page.getByLabel('What is shown').selectOption('Who was not let in');
    await page.getByText('Nobody was refused').or(page.getByRole('table')).first().waitFor();
    await picture(page, 'real-audit');
  });
});
