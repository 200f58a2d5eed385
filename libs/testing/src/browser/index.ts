export type { Browser, Page } from 'playwright-core';
export { seriousFaults } from './axe.js';
export { missing, startBrowser } from './browser.js';
export { open, picture, type Opened } from './opened-page.js';
