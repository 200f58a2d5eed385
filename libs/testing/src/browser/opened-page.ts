import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';

const reports = fileURLToPath(new URL('../../../../test-reports/', import.meta.url));

/** A page, and what went wrong on it: scripts that ran from data, refused by policy, or broken. */
export interface Opened {
  readonly page: Page;
  readonly faults: string[];
}

/** Opens a page of its own, with nothing remembered. */
export async function open(
  browser: Browser,
  url: string,
  size = { width: 1440, height: 900 },
  dark = false,
): Promise<Opened> {
  const context = await browser.newContext({
    viewport: size,
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const faults: string[] = [];
  page.on('dialog', (dialog) => {
    faults.push(`a script of the data ran: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('pageerror', (error) => faults.push(`the page broke: ${error.message}`));
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) faults.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(new URL(url).origin) && !request.url().startsWith('data:'))
      faults.push(`asked elsewhere: ${request.url()}`);
  });
  await page.goto(url);
  return { page, faults };
}

/** Keeps a picture for people in test-reports/dashboard. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(`${reports}dashboard`, { recursive: true });
  await page.screenshot({ path: `${reports}dashboard/${name}.png` });
}
