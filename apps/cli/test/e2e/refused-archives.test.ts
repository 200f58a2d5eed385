import { rawZip, specText, workflowFiles, zipOf } from '@torchweave/testing/builders';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EmbeddedSystem } from './support/embedded.js';

describe('an archive that may not come in', () => {
  let system: EmbeddedSystem;

  beforeAll(async () => {
    system = await EmbeddedSystem.prepare();
    writeFileSync(join(system.directory, 'config.properties'), '');
    const files = workflowFiles({
      spec: specText({ models: {}, dag: { f: [] } }),
      handler: 'def f(data, context): pass\n',
    });
    writeFileSync(join(system.workflowStore, 'good.war'), await zipOf(files));
    const evil = rawZip([{ name: '../../evil.txt', content: 'x' }]);
    writeFileSync(join(system.workflowStore, 'evil.war'), evil);
    await system.launch();
  });
  afterAll(() => system.dispose());

  const register = (query: Readonly<Record<string, string>>): Promise<Response> =>
    fetch(`${system.management}/workflows?${new URLSearchParams({ workflow_name: 'w', ...query }).toString()}`, {
      method: 'POST',
    });

  it.each([
    ['from the disk, where allowed_urls does not say so', 404, /does not match any allowed URL/, () => good('file://')],
    ['from a private address', 404, /leads to a private address/, () => ({ url: `${system.management}/good.war` })],
    [
      'from the metadata of a cloud',
      404,
      /leads to a private address/,
      () => ({ url: 'http://169.254.169.254/a.war' }),
    ],
    [
      'with a user in its URL',
      400,
      /^Failed to download archive/,
      () => ({ url: 'http://user:secret@example.com/a.war' }),
    ],
    ['with an entry that leads out', 400, /refused because of its entry/, () => ({ url: 'evil.war' })],
    [
      'with another digest than the one that is asked for',
      400,
      /has sha256 [0-9a-f]{64}, not 0{64}/,
      () => wrongDigest,
    ],
  ])('%s is refused, and leaves nothing', async (_, status, message, query) => {
    const response = await register(query());
    const answer = (await response.json()) as { message: string };
    expect([response.status, answer.message]).toEqual([status, expect.stringMatching(message)]);
    expect(await (await fetch(`${system.management}/workflows`)).json()).toEqual({ workflows: [] });
    const archives = join(system.directory, 'data', 'archives');
    const left = existsSync(archives) ? readdirSync(archives, { recursive: true, withFileTypes: true }) : [];
    expect(left.filter((entry) => entry.isFile())).toEqual([]);
  });

  it('comes in with the digest that is asked for, in whatever case', async () => {
    const digest = createHash('sha256')
      .update(readFileSync(join(system.workflowStore, 'good.war')))
      .digest('hex');
    expect((await register({ url: 'good.war', sha256: digest.toUpperCase() })).status).toBe(200);
  });

  const good = (scheme: string): Record<string, string> => ({
    url: `${scheme}${join(system.workflowStore, 'good.war')}`,
  });
  const wrongDigest = { url: 'good.war', sha256: '0'.repeat(64) };
});
