import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { listenAddress } from './listen-address.js';
import { loadSettings, type LoadedSettings, type SettingSources } from './load-settings.js';

const folder = mkdtempSync(join(tmpdir(), 'torchweave-settings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function load(sources: Partial<SettingSources> & { file?: string }): LoadedSettings {
  const { file, flags = {}, environment = {} } = sources;
  if (file === undefined) return loadSettings({ flags, environment });
  const tsConfig = join(folder, `${(files += 1)}.properties`);
  writeFileSync(tsConfig, file);
  return loadSettings({ flags, environment, tsConfig });
}

describe('loadSettings', () => {
  it('has a default for everything that a laptop needs', () => {
    expect(load({}).settings).toMatchObject({
      managementAddress: 'http://127.0.0.1:8081',
      inferenceAddress: 'http://127.0.0.1:8080',
      maxRequestSize: 6_553_500,
      // Unlike TorchServe's, without file://.
      allowedUrls: ['http(s)?://.*'],
      allowPrivateAddresses: false,
      modelServers: [],
    });
  });

  it('reads a config.properties of TorchServe', () => {
    const file = 'inference_address=http://0.0.0.0:80\nmodel_store=/m\nmax_request_size=10\nallowed_urls=a,b\n';
    expect(load({ file }).settings).toMatchObject({
      inferenceAddress: 'http://0.0.0.0:80',
      modelStore: '/m',
      maxRequestSize: 10,
      allowedUrls: ['a', 'b'],
    });
  });

  it('names the keys that have no meaning here', () => {
    expect(load({ file: 'number_of_gpu=1\nmodel_store=/m\nnetty_client_threads=2' }).unknownKeys).toEqual([
      'number_of_gpu',
      'netty_client_threads',
    ]);
  });

  it('lets a flag win over the environment, and that over the file', () => {
    const file = 'model_store=/file\nenable_envvars_config=true';
    const environment = { TS_MODEL_STORE: '/environment' };
    expect(load({ file }).settings.modelStore).toBe('/file');
    expect(load({ file, environment }).settings.modelStore).toBe('/environment');
    expect(load({ file, environment, flags: { modelStore: '/flag' } }).settings.modelStore).toBe('/flag');
  });

  it('reads TS_ variables only where the file allows it, as TorchServe does', () => {
    expect(load({ file: 'model_store=/file', environment: { TS_MODEL_STORE: '/x' } }).settings.modelStore).toBe(
      '/file',
    );
  });

  it('reads model servers from several flags or one variable', () => {
    const first = { kind: 'torchserve', managementUrl: 'http://a:1', inferenceUrl: 'http://a:2' };
    const second = { kind: 'torchserve', managementUrl: 'http://b:1', inferenceUrl: 'http://b:2' };
    const texts = ['torchserve=http://a:1,http://a:2', 'torchserve=http://b:1,http://b:2'];
    expect(load({ flags: { modelServers: texts } }).settings.modelServers).toEqual([first, second]);
    const environment = { TORCHWEAVE_MODEL_SERVERS: texts.join(' ') };
    expect(load({ environment }).settings.modelServers).toEqual([first, second]);
  });

  it.each([
    [{ flags: { modelServers: ['tensorflow=http://a'] } }, /^Setting --model-server must be local or torchserve=/],
    [{ flags: { managementPort: 'x' } }, /^Setting --management-port must be .*, not "x"\.$/],
    [{ flags: { managementPort: '70000' } }, /--management-port/],
    [{ file: 'max_request_size=many' }, /^Setting max_request_size must be/],
    [{ environment: { REDIS_URL: 'http://x' } }, /^Setting --redis-url must be/],
  ])('refuses %j in a sentence that names the setting', (sources, message) => {
    expect(() => load(sources)).toThrow(expect.objectContaining({ code: 'configurationInvalid' }));
    expect(() => load(sources)).toThrow(message);
  });

  it('refuses a ts-config that cannot be read', () => {
    const sources = { flags: {}, environment: {}, tsConfig: join(folder, 'none') };
    expect(() => loadSettings(sources)).toThrow(/ts-config must be a readable file \(ENOENT\)/);
  });
});

describe('listenAddress', () => {
  it.each([
    ['http://127.0.0.1:8081', undefined, { host: '127.0.0.1', port: 8081 }],
    ['http://127.0.0.1:8081', 9, { host: '127.0.0.1', port: 9 }],
    ['http://[::1]:8081', undefined, { host: '::1', port: 8081 }],
    ['https://localhost', undefined, { host: 'localhost', port: 443 }],
  ])('reads %s with port %s', (address, port, expected) => {
    expect(listenAddress(address, port)).toEqual(expected);
  });
});
