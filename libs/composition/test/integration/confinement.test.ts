import { createParts } from '@torchweave/composition';
import { silentLogger } from '@torchweave/application';
import { loadSettings, type SettingSources } from '@torchweave/platform';
import { bodyInput, callOptions, FunctionArchives } from '@torchweave/testing/port-conformance/function-runtime';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const dataDir = mkdtempSync(join(tmpdir(), 'torchweave-confinement-'));
afterAll(() => rmSync(dataDir, { recursive: true }));

/** One that every user may run: what is on the PATH may lie in the home of root. */
const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
const isRoot = process.platform === 'linux' && process.getuid?.() === 0;

const tell = `
import json, os, resource

def tell(data, context):
    if data is None:
        return None
    names = ("RLIMIT_AS", "RLIMIT_NPROC", "RLIMIT_NOFILE", "RLIMIT_CPU")
    limits = {name: resource.getrlimit(getattr(resource, name))[0] for name in names}
    with open("/proc/net/dev") as devices:
        interfaces = [line.split(":")[0].strip() for line in devices.readlines()[2:]]
    return [json.dumps({**limits, "user": os.environ.get("USER"), "interfaces": interfaces})]
`;

const tellEnvironment = `
import json, os

def tell(data, context):
    return data and [json.dumps(dict(os.environ))]
`;

const partsOf = (flags: SettingSources['flags'], variables: SettingSources['environment'] = {}) =>
  createParts({
    settings: loadSettings({ flags: { ...flags, dataDir }, environment: variables }).settings,
    environment: { ...process.env, ...variables },
    logger: silentLogger,
    isOneProcess: true,
  });

describe('the environment of the server', () => {
  it('reaches the function processes without what may be a secret', async () => {
    const parts = partsOf({ python }, { REDIS_URL: 'redis://user:secret@host', LC_ALL: 'C.UTF-8' });
    const archives = await FunctionArchives.create();
    try {
      const unit = await archives.unit('tell', { 'h.py': tellEnvironment });
      await parts.functions.load(unit);
      const { value } = await parts.functions.call(unit.id, 'tell', bodyInput('', 'text/plain'), callOptions({}));
      const seen: unknown = JSON.parse(Buffer.from(value).toString());
      expect(seen).toMatchObject({ LC_ALL: 'C.UTF-8' });
      expect(seen).not.toHaveProperty('REDIS_URL');
    } finally {
      await parts.close();
      await archives.remove();
    }
  });
});

describe('the settings for what function processes may use', () => {
  it.skipIf(!isRoot)(`reach the processes${isRoot ? '' : ' (skipped: needs root)'}`, async () => {
    const parts = partsOf(
      { processUser: 'nobody', functionNetwork: 'none', python },
      {
        TORCHWEAVE_PROCESS_MEMORY: '600000000',
        TORCHWEAVE_PROCESS_COUNT: '200',
        TORCHWEAVE_PROCESS_OPEN_FILES: '64',
        TORCHWEAVE_PROCESS_CPU_SECONDS: '30',
      },
    );
    const archives = await FunctionArchives.create();
    try {
      await parts.start();
      const unit = await archives.unit('tell', { 'h.py': tell });
      await parts.functions.load(unit);
      const { value } = await parts.functions.call(unit.id, 'tell', bodyInput('', 'text/plain'), callOptions({}));
      expect(JSON.parse(Buffer.from(value).toString())).toEqual({
        ...{ RLIMIT_AS: 600_000_000, RLIMIT_NPROC: 200, RLIMIT_NOFILE: 64, RLIMIT_CPU: 30 },
        ...{ user: 'nobody', interfaces: ['lo'] },
      });
    } finally {
      await parts.close();
      await archives.remove();
    }
  });

  it('that the system does not allow keep the server from starting, with a sentence', async () => {
    const parts = partsOf({ processUser: 'nobody-of-this-name' });
    try {
      await expect(parts.start()).rejects.toMatchObject({
        code: 'configurationInvalid',
        message:
          'Setting --process-user must be possible here (there is no user nobody-of-this-name), not "nobody-of-this-name".',
      });
    } finally {
      await parts.close();
    }
  });
});
