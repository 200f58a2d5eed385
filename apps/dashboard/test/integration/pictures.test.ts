import {
  missing,
  open,
  picture,
  seriousFaults,
  startBrowser,
  type Browser,
  type Opened,
} from '@torchweave/testing/browser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FixtureServer } from '../fixture/fixture-server.js';
import { hostile, request } from '../fixture/made-up.js';

const named = (...parts: string[]): string => parts.map(encodeURIComponent).join('/');

/** Every page, and what stands on it when it is there. */
const pages: Record<string, { path: string; ready: string }> = {
  home: { path: '', ready: '.attention-item' },
  workflows: { path: 'workflows', ready: '.rows tbody a' },
  workflow: { path: 'workflows/digits/nodes/classifier', ready: '.graph-node.is-chosen' },
  list: { path: 'workflows/digits?view=list', ready: '.panel' },
  wide: { path: 'workflows/wide', ready: '.graph-node' },
  versions: { path: 'workflows/digits/versions', ready: '.versions tbody tr' },
  diff: { path: 'workflows/digits/versions/7', ready: '.diff-added' },
  try: { path: 'workflows/digits/try', ready: '.try textarea' },
  operations: { path: 'operations', ready: '.operations tbody tr' },
  operation: { path: 'operations/0d4f2c1e-6a53-4f7e-9a55-0a6f3fa3c002', ready: '.steps li' },
  requests: { path: 'requests', ready: 'tbody tr' },
  request: { path: named('requests', request.id), ready: '.spans li' },
  fleet: { path: 'fleet', ready: '.parts tbody tr' },
  part: { path: 'fleet/ts-2', ready: '.health' },
  audit: { path: 'audit', ready: 'tbody tr' },
  hostile: { path: named('workflows', hostile, 'nodes', hostile), ready: '.panel .health' },
  nowhere: { path: 'no/such/page', ready: '.empty' },
  wall: { path: '?wall', ready: '.wall-item' },
};

const looks = [
  { look: 'light', size: { width: 1440, height: 900 }, dark: false },
  { look: 'dark', size: { width: 1440, height: 900 }, dark: true },
  { look: 'narrow', size: { width: 390, height: 844 }, dark: false },
  { look: 'wide', size: { width: 2200, height: 1200 }, dark: true },
];

describe.skipIf(missing !== undefined)(`every page${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  const server = new FixtureServer();
  let browser: Browser;
  let home: string;
  beforeAll(async () => {
    home = await server.start();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });

  describe.each(looks)('$look', ({ look, size, dark }) => {
    let opened: Opened;
    beforeAll(async () => {
      opened = await open(browser, home, size, dark);
    });
    afterAll(() => opened.page.context().close());

    it.each(Object.keys(pages))(
      '%s is there, reads well, runs no script of data and asks nobody else',
      async (name) => {
        const { path, ready } = pages[name] ?? { path: '', ready: '' };
        const { page, faults } = opened;
        await page.goto(home + path);
        await page.locator(ready).first().waitFor({ state: 'attached' });
        await page.locator('.loading').waitFor({ state: 'detached' });
        await picture(page, `${name}-${look}`);
        expect(await seriousFaults(page)).toEqual([]);
        const isTooWide = await page.evaluate(
          'document.documentElement.scrollWidth > document.documentElement.clientWidth',
        );
        expect({ isTooWide, faults }).toEqual({ isTooWide: false, faults: [] });
      },
    );
  });
});
