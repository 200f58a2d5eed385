import { missing, open, startBrowser, type Browser, type Opened } from '@torchweave/testing/browser';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FixtureServer } from '../fixture/fixture-server.js';
import { calm, overview, request } from '../fixture/made-up.js';

describe.skipIf(missing !== undefined)(`an operator${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let browser: Browser;
  let server: FixtureServer;
  let home: string;
  let opened: Opened | undefined;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    server = new FixtureServer();
    home = await server.start();
  });
  afterEach(async () => {
    expect(opened?.faults ?? []).toEqual([]);
    await opened?.page.context().close();
    await server.stop();
  });
  const goTo = async (path = '', width = 1440) => {
    opened = await open(browser, home + path, { width, height: 900 });
    return opened.page;
  };

  it('finds in two clicks which node of which workflow is broken, since when, why, and what to do', async () => {
    const page = await goTo();
    await page.getByRole('link', { name: /Node decide of fraud/ }).click();
    const panel = page.getByRole('complementary', { name: 'Node decide' });
    await panel.getByText("ModuleNotFoundError: No module named 'pandas'").waitFor();
    await panel.getByText('not serving 1 h').waitFor();
    await panel.getByText('Go back to version 6').waitFor();
    // The second: which version brought it, and back to the one before.
    await page
      .getByRole('navigation', { name: 'Views of fraud' })
      .getByRole('link', { name: /Versions/ })
      .click();
    await page.getByRole('row', { name: /^v6/ }).getByRole('button', { name: 'Let it serve…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Let it serve' }).click();
    await page.getByRole('dialog').getByText('register-nodes').first().waitFor();
    expect(server.acts).toEqual(['PUT /workflows/fraud/6/set-default?synchronous=false']);
  });

  it('sees whether it is one server or all, and one failed request with what went into the node', async () => {
    const page = await goTo('workflows/digits/nodes/classifier');
    await page.getByRole('row', { name: /ts-2 .*not serving/ }).waitFor();
    await page.getByRole('row', { name: /ts-1 .*serving/ }).waitFor();
    await page.getByRole('link', { name: 'its request' }).click();
    await page.getByRole('button', { name: /classifier attempt 2/ }).click();
    await page.getByLabel('Input of classifier').getByText('"pixels"').waitFor();
    expect(page.url()).toBe(`${home}requests/${request.id}`);
  });

  it('signs in with a key that no script can read, and may do what its role may', async () => {
    server.session = { signInNeeded: true, signedIn: false, readOnly: false, version: '0.2.0' };
    const page = await goTo('workflows/digits');
    await page.getByLabel('Key').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('This key is not known here').waitFor();
    await page.getByLabel('Key').fill('read');
    await page.getByRole('button', { name: 'Sign in' }).click();
    const update = page.getByRole('button', { name: 'Update…' });
    await update.waitFor();
    expect(await update.getAttribute('aria-disabled')).toBe('true');
    expect(await update.getAttribute('title')).toContain('The key ops may look');
    await update.click({ force: true });
    expect(await page.getByRole('dialog').count()).toBe(0);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Key').waitFor();
  });

  it('unregisters only what is named, and sees the call first', async () => {
    const page = await goTo('workflows/digits');
    await page.getByRole('button', { name: 'Unregister…' }).click();
    const dialog = page.getByRole('dialog');
    const act = dialog.getByRole('button', { name: 'Unregister' });
    await dialog.getByRole('textbox').fill('digit');
    expect(await act.isDisabled()).toBe(true);
    await dialog.getByRole('textbox').fill('digits');
    await dialog.getByText('The same from a terminal').click();
    await dialog.getByText('torchweave workflow unregister digits').waitFor();
    await act.click();
    await dialog.getByText('running').first().waitFor();
    expect(server.acts).toEqual(['DELETE /workflows/digits?synchronous=false']);
  });

  it('updates by upload', async () => {
    const page = await goTo('workflows/digits');
    await page.getByRole('button', { name: 'Update…' }).click();
    await page
      .getByLabel('Archive file')
      .setInputFiles({ name: 'digits.war', mimeType: 'application/zip', buffer: Buffer.from('PK!') });
    await page.getByRole('dialog').getByRole('button', { name: 'Update' }).click();
    await page.getByRole('dialog').getByText('register-nodes').first().waitFor();
    expect(server.acts).toEqual(['PUT /workflows/digits?synchronous=false PK!']);
  });

  it('walks the graph by keys, and the panel goes along', async () => {
    const page = await goTo('workflows/digits/nodes/prepare');
    await page.locator('[data-node="prepare"]').focus();
    await page.keyboard.press('ArrowRight');
    await page.locator('.graph-node.is-chosen:not([data-node="prepare"])').waitFor();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('complementary', { name: 'Node decide' }).waitFor();
    expect(page.url()).toBe(`${home}workflows/digits/nodes/decide`);
    await page.keyboard.press('ArrowLeft');
    await page.locator('.graph-node.is-chosen:not([data-node="decide"])').waitFor();
  });

  it('finds what is named by the keyboard alone', async () => {
    const page = await goTo();
    await page.getByText('4 things need a look').waitFor();
    await page.keyboard.press('/');
    await page.getByRole('combobox').fill('digits');
    await page
      .getByRole('option', { name: /digits.*workflow/ })
      .first()
      .waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /^digits/ }).waitFor();
    await page.goBack();
    await page.getByText('4 things need a look').waitFor();
  });

  it('sees changes without a reload, and what was known last when the connection is lost', async () => {
    server.overview = calm;
    const page = await goTo();
    await page.getByText('Nothing needs a look').waitFor();
    server.overview = overview;
    server.emit();
    await page.getByText('4 things need a look').waitFor();
    const { port } = server;
    await server.stop();
    await page.getByText('Connection lost').waitFor();
    await page.getByText('4 things need a look').waitFor();
    server = new FixtureServer();
    server.overview = calm;
    await server.start(port);
    await page.getByText('Nothing needs a look').waitFor();
    expect(await page.getByText('Connection lost').count()).toBe(0);
  });

  it('searches, sorts and scrolls ten thousand workflows, of which few are drawn', async () => {
    const page = await goTo('workflows');
    await page.getByText('10,000 registered').waitFor();
    expect(await page.locator('.rows tbody tr').count()).toBeLessThan(100);
    await page.locator('.rows-scroller').evaluate((scroller) => scroller.scrollTo(0, 36 * 9_000));
    await page.getByRole('link', { name: 'workflow-09005' }).waitFor();
    await page.getByLabel('Search workflows by name').fill('workflow-0777');
    await page.getByText('10 of 10,000').waitFor();
    await page.getByRole('button', { name: 'Req/s' }).click();
    await page.getByRole('columnheader', { name: 'Req/s' }).and(page.locator('[aria-sort="descending"]')).waitFor();
    expect(new URL(page.url()).search).toBe('?search=workflow-0777&sort=rps&order=desc');
  });

  it('tries a request and sees what each node did', async () => {
    const page = await goTo('workflows/digits/try');
    await page.getByLabel('JSON to send').fill('{');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('This is no JSON').waitFor();
    await page.getByLabel('JSON to send').fill('{"data": 1}');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByLabel('Answer', { exact: true }).getByText('"digit": 7').waitFor();
    await page.getByText('What each node did').waitFor();
  });

  it('is told what a server has not got, and led to none of it', async () => {
    server.missing = ['requests', 'audit'];
    const page = await goTo('requests');
    await page.getByText('Not available here').waitFor();
    await page
      .getByRole('navigation', { name: 'Pages' })
      .getByRole('link', { name: 'Audit' })
      .waitFor({ state: 'detached' });
    expect(await page.getByRole('navigation', { name: 'Pages' }).getByRole('link').allTextContents()).toHaveLength(5);
  });

  it('is shown all else where one part of the page breaks', async () => {
    const digits = server.workflows['digits'] as unknown as Record<string, unknown>;
    server.workflows['digits'] = { ...digits, versions: undefined } as never;
    const page = await goTo('workflows/digits');
    await page.getByRole('alert').getByText('This part of the page is broken').waitFor();
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Operations' }).click();
    await page.getByRole('heading', { name: 'Operations' }).waitFor();
    expect(await page.getByText('This part of the page is broken').count()).toBe(0);
    expect(opened?.faults).toContainEqual(expect.stringMatching(/^the page broke: /));
    opened?.faults.splice(0);
  });

  it('reads the graph as a list where there is little room, and a node as a sheet', async () => {
    const page = await goTo('workflows/digits', 390);
    await page
      .locator('.graph-list')
      .getByRole('link', { name: /^classifier/ })
      .click();
    const panel = page.getByRole('complementary', { name: 'Node classifier' });
    await panel.waitFor();
    await panel.getByRole('link', { name: 'Close the node' }).click();
    await panel.waitFor({ state: 'detached' });
  });
});
