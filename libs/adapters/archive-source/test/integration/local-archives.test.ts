import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { download, sourceWith } from './local-servers.js';

let root: string;
let store: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'archive-source-'));
  store = join(root, 'store');
  await mkdir(join(store, 'sub'), { recursive: true });
  await writeFile(join(store, 'chain.war'), 'chain');
  await writeFile(join(store, 'sub', 'chain.war'), 'chain of the subfolder');
  await writeFile(join(root, 'secret.war'), 'secret');
});

afterEach(() => rm(root, { recursive: true, force: true }));

/** Of this process, where the system tells it. */
async function openFiles(): Promise<string[]> {
  const folder = '/proc/self/fd';
  const descriptors = await readdir(folder).catch(() => []);
  return Promise.all(descriptors.map((each) => readlink(join(folder, each)).catch(() => '')));
}

describe('an archive of the workflow store', () => {
  const fromStore = (name: string): Promise<Buffer> => download(sourceWith({ workflowStore: store }), name);

  it('is read by its file name', async () => {
    expect((await fromStore('chain.war')).toString()).toBe('chain');
  });

  it('is read by the ways in which people name it', async () => {
    await symlink('store', join(root, 'linked'));
    for (const name of [
      './chain.war',
      '././/chain.war',
      '/chain.war',
      join(store, 'chain.war'),
      `${store}//chain.war`,
    ]) {
      expect((await fromStore(name)).toString(), name).toBe('chain');
    }
    const fromHere = relative(process.cwd(), join(store, 'chain.war'));
    const source = sourceWith({ workflowStore: join(root, 'linked') });
    for (const name of [join(store, 'chain.war'), join(root, 'linked', 'chain.war')]) {
      expect((await download(source, name)).toString(), name).toBe('chain');
    }
    // From where the server runs, unless that takes a `..`.
    await mkdir('node_modules/.vite', { recursive: true });
    const inside = await mkdtemp(join('node_modules', '.vite', 'store-'));
    await writeFile(join(inside, 'here.war'), 'here');
    expect((await download(sourceWith({ workflowStore: inside }), join(inside, 'here.war'))).toString()).toBe('here');
    await rm(inside, { recursive: true });
    await expect(fromStore(fromHere)).rejects.toMatchObject({ code: 'relativePath' });
  });

  it.each([
    () => join(root, 'secret.war'),
    () => join(store, 'sub', 'chain.war'),
    () => `${store}/`,
    () => store,
    () => join(store, 'chain.war', 'x'),
    () => '/etc/hostname',
  ])('is not found by a path of another folder', async (path) => {
    await expect(fromStore(path())).rejects.toMatchObject({ code: 'workflowNotInStore', data: { url: path() } });
  });

  it('may be a link to another file inside the store', async () => {
    await symlink('chain.war', join(store, 'link.war'));
    await symlink(join('sub', 'chain.war'), join(store, 'deep.war'));
    expect((await fromStore('link.war')).toString()).toBe('chain');
    expect((await fromStore('deep.war')).toString()).toBe('chain of the subfolder');
  });

  it('may lie in a store that is a link itself', async () => {
    await symlink('store', join(root, 'linked'));
    const source = sourceWith({ workflowStore: join(root, 'linked') });
    expect((await download(source, 'chain.war')).toString()).toBe('chain');
  });

  it.each(['../secret.war', 'sub/../chain.war', '..', 'a..b.war', '%2e%2e/secret.war'])(
    'is refused for the relative path %s',
    async (url) => {
      await expect(fromStore(url)).rejects.toMatchObject({
        code: 'relativePath',
        status: 404,
        type: 'WorkflowNotFoundException',
        message: `Relative path is not allowed in url: ${url}`,
      });
    },
  );

  it.each([
    'InvalidUrl',
    'nosuch.war',
    'sub/chain.war',
    'sub',
    'sub/',
    './sub/chain.war',
    './',
    '.',
    '/',
    'store/chain.war',
    '',
    '/etc/hostname',
    'sub\\chain.war',
    'chain.war\0',
    'chain.war/',
    'ftp://localhost/none.war',
    'http:chain.war',
    'x'.repeat(300),
  ])('is not found for "%s"', async (url) => {
    await expect(fromStore(url)).rejects.toMatchObject({
      code: 'workflowNotInStore',
      status: 404,
      type: 'WorkflowNotFoundException',
      message: `Workflow not found in workflow store: ${url}`,
    });
  });

  it('is not found where its link leads out of the store, to a folder or to nowhere', async () => {
    await symlink(join('..', 'secret.war'), join(store, 'out.war'));
    await symlink('sub', join(store, 'folder.war'));
    await symlink('nothing', join(store, 'dangling.war'));
    await symlink('circle.war', join(store, 'circle.war'));
    for (const name of ['out.war', 'folder.war', 'dangling.war', 'circle.war']) {
      await expect(fromStore(name)).rejects.toMatchObject({ code: 'workflowNotInStore', data: { url: name } });
    }
  });

  it('is not found where it is a pipe, and nobody waits for its writer', async () => {
    execFileSync('mkfifo', [join(store, 'pipe.war')]);
    await expect(fromStore('pipe.war')).rejects.toMatchObject({ code: 'workflowNotInStore' });
  });

  it('is refused when it is too large', async () => {
    const source = sourceWith({ workflowStore: store, maxArchiveBytes: 4 });
    await expect(download(source, 'chain.war')).rejects.toMatchObject({
      code: 'archiveTooLarge',
      data: { url: 'chain.war', limitBytes: 4 },
    });
  });

  it('is not found in a store that is not there', async () => {
    const source = sourceWith({ workflowStore: join(root, 'nosuch') });
    await expect(download(source, 'chain.war')).rejects.toMatchObject({ code: 'workflowNotInStore' });
  });

  it('cannot be named where there is no store', async () => {
    await expect(download(sourceWith(), 'chain.war')).rejects.toMatchObject({ code: 'workflowStoreMissing' });
  });

  it('ends with the reason of an abort', async () => {
    const reason = new Error('the job has ended');
    const source = sourceWith({ workflowStore: store });
    await expect(download(source, 'chain.war', AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it('that is aborted while it is opened ends with the reason, and leaves no file open', async () => {
    const uncaught: unknown[] = [];
    const note = (error: unknown): void => void uncaught.push(error);
    process.prependListener('uncaughtException', note);
    try {
      const caller = new AbortController();
      const opening = sourceWith({ workflowStore: store }).open('chain.war', caller.signal);
      const reason = new Error('the job is lost');
      caller.abort(reason);
      await expect(opening).rejects.toBe(reason);
      expect(await openFiles()).not.toContain(join(store, 'chain.war'));
      expect(uncaught).toEqual([]);
    } finally {
      process.removeListener('uncaughtException', note);
    }
  });
});

describe('an archive of a file URL', () => {
  const urlOf = (...path: string[]): string => pathToFileURL(join(root, ...path)).href;

  it('is read', async () => {
    expect((await download(sourceWith(), urlOf('secret.war'))).toString()).toBe('secret');
  });

  it('may be on localhost', async () => {
    const url = urlOf('secret.war').replace('file://', 'file://localhost');
    expect((await download(sourceWith(), url)).toString()).toBe('secret');
  });

  it('must match the allow-list', async () => {
    const url = urlOf('secret.war');
    await expect(download(sourceWith({ allowedUrls: ['https?://.*'] }), url)).rejects.toMatchObject({
      code: 'urlNotAllowed',
      data: { url },
    });
  });

  it.each(['/../secret.war', '/%2e%2e/secret.war', '/.%2E/secret.war'])(
    'cannot leave an allowed folder by %s',
    async (path) => {
      const url = `${urlOf('store')}${path}`;
      const allowedUrls = [`${urlOf('store')}/.*`];
      await expect(download(sourceWith({ allowedUrls }), url)).rejects.toMatchObject({ code: 'relativePath' });
    },
  );

  it('cannot leave an allowed folder by a tab that the URL parser drops', async () => {
    const url = `${urlOf('store')}/.\t./secret.war`;
    const allowedUrls = [`${urlOf('store')}/.*`];
    await expect(download(sourceWith({ allowedUrls }), url)).rejects.toMatchObject({
      code: 'downloadFailed',
      data: { reason: 'the URL is malformed' },
    });
  });

  it.each([
    ['a file that is not there', 'file:///nosuch/none.war', 'there is no such file'],
    ['another host', 'file://example.com/none.war', 'it names another host'],
    ['a device', 'file:///dev/null', 'it is not a regular file'],
    ['a folder', 'file:///etc', 'it is not a regular file'],
    ['an encoded slash', 'file:///etc%2fhostname', 'the file cannot be opened'],
    ['an encoded NUL', 'file:///etc/hostname%00', 'the file cannot be opened'],
  ])('is refused for %s', async (_what, url, reason) => {
    await expect(download(sourceWith(), url)).rejects.toMatchObject({
      code: 'downloadFailed',
      message: `Failed to download archive from: ${url}`,
      data: { url, reason },
    });
  });

  it('is refused when it is too large', async () => {
    await expect(download(sourceWith({ maxArchiveBytes: 4 }), urlOf('secret.war'))).rejects.toMatchObject({
      code: 'archiveTooLarge',
    });
  });
});
