import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { listenAddress } from './listen-address.js';
import { examineSettings, loadSettings, type LoadedSettings, type SettingSources } from './load-settings.js';

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

  it('tells keys apart: those that set nothing here, those that are not followed, and those that nobody knows', () => {
    const file = [
      'number_of_netty_threads=4',
      'vmargs=-Xmx4g',
      'grpc_inference_port=7070',
      'enable_metrics_api=true',
      'max_in_fligth=4',
      'frobnicate=1',
      'model_store=/m',
    ].join('\n');
    const { harmless, changed, unknown } = load({ file }).otherKeys;
    expect(harmless).toEqual(['number_of_netty_threads', 'vmargs', 'enable_metrics_api']);
    expect(changed).toEqual([{ key: 'grpc_inference_port', instead: expect.stringContaining('no gRPC') as string }]);
    expect(unknown).toEqual([{ key: 'max_in_fligth', meant: 'max_in_flight' }, { key: 'frobnicate' }]);
  });

  it.each([
    ['enable_metrics_api=False', true],
    ['decode_input_request=false', true],
    ['decode_input_request=true', false],
    ['load_models=all', true],
    ['load_models=', false],
    ['load_models=standalone', false],
    ['number_of_gpu=0', false],
    ['number_of_gpu=2', true],
    ['service_envelope=body', true],
  ])('says of %s whether it is done otherwise', (file, isTold) => {
    expect(load({ file }).otherKeys.changed).toHaveLength(isTold ? 1 : 0);
  });

  it('takes the model store for the workflow store where there is no other, as TorchServe does', () => {
    expect(load({ file: 'model_store=/m' }).settings.workflowStore).toBe('/m');
    expect(load({ file: 'model_store=/m\nworkflow_store=/w' }).settings.workflowStore).toBe('/w');
  });

  it('reads the file as it is found: true with a capital, spaces at the end, a mark at the beginning', () => {
    const file = '\ufeffinstall_py_dep_per_model=True \r\nmax_request_size=10\t\r\n';
    expect(load({ file }).settings).toMatchObject({ installPyDepPerModel: true, maxRequestSize: 10 });
  });

  it('finds config.properties in the folder where no file is named, and says so', () => {
    const inFolder = mkdtempSync(join(folder, 'found-'));
    writeFileSync(join(inFolder, 'config.properties'), 'model_store=/found');
    const found = loadSettings({ flags: {}, environment: {}, folder: inFolder });
    expect(found).toMatchObject({ foundFile: join(inFolder, 'config.properties') });
    expect(found.settings.modelStore).toBe('/found');
    writeFileSync(join(folder, 'named'), 'model_store=/named');
    for (const named of [
      { environment: {}, tsConfig: join(folder, 'named') },
      { environment: { TS_CONFIG_FILE: join(folder, 'named') } },
    ]) {
      const loaded = loadSettings({ flags: {}, folder: inFolder, ...named });
      expect([loaded.settings.modelStore, loaded.foundFile]).toEqual(['/named', undefined]);
    }
    expect(loadSettings({ flags: {}, environment: {}, folder }).foundFile).toBeUndefined();
  });

  it('hears TS_ variables where the file says so, with a capital too', () => {
    const environment = {
      TS_INFERENCE_ADDRESS: 'http://127.0.0.1:9',
      TS_TOKEN_EXPIRATION_TIME_MIN: '7',
      TS_SERVICE_ENVELOPE: 'body',
    };
    const heard = load({ file: 'enable_envvars_config=True', environment });
    expect(heard.settings).toMatchObject({ inferenceAddress: 'http://127.0.0.1:9', tokenExpirationMin: 7 });
    expect(heard.otherKeys.changed.map(({ key }) => key)).toEqual(['service_envelope']);
    expect(heard.unheardVariables).toEqual([]);
    expect(load({ file: 'a=1', environment }).unheardVariables).toEqual([
      'TS_INFERENCE_ADDRESS',
      'TS_TOKEN_EXPIRATION_TIME_MIN',
    ]);
  });

  it('lets no variable widen the allowed URLs unless the file says that too', () => {
    const environment = { TS_ALLOWED_URLS: '.*' };
    const closed = load({ file: 'enable_envvars_config=true\nallowed_urls=a', environment });
    expect([closed.settings.allowedUrls, closed.unheardVariables]).toEqual([['a'], ['TS_ALLOWED_URLS']]);
    const open = 'enable_envvars_config=true\nuse_env_allowed_urls=True\nallowed_urls=a';
    expect(load({ file: open, environment }).settings.allowedUrls).toEqual(['.*']);
  });

  it('puts in the variables that a value names, and refuses one that is not set', () => {
    const file = 'model_store=$$HOME_OF_MODELS$$/m';
    expect(load({ file, environment: { HOME_OF_MODELS: '/h' } }).settings.modelStore).toBe('/h/m');
    expect(() => load({ file })).toThrow(/model_store must be .*HOME_OF_MODELS is not/);
  });

  it('reads a file of 1 MiB and none that is larger', () => {
    const line = 'model_store=/m\n#';
    const most = 1_048_576;
    expect(load({ file: line.padEnd(most, 'x') }).settings.modelStore).toBe('/m');
    expect(() => load({ file: line.padEnd(most + 1, 'x') })).toThrow(
      /ts-config must be a file of at most 1048576 bytes/,
    );
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
    const first = { kind: 'torchserve', value: 'http://a:1,http://a:2' };
    const second = { kind: 'local', value: '' };
    const texts = ['torchserve=http://a:1,http://a:2', 'local'];
    expect(load({ flags: { modelServers: texts } }).settings.modelServers).toEqual([first, second]);
    const environment = { TORCHWEAVE_MODEL_SERVERS: texts.join(' ') };
    expect(load({ environment }).settings.modelServers).toEqual([first, second]);
  });

  it.each([
    [
      { flags: { modelServers: ['http://a'] } },
      /^Setting --model-server must be KIND or KIND=VALUE, such as local or torchserve=/,
    ],
    [{ flags: { managementPort: 'x' } }, /^Setting --management-port must be .*, not "x"\.$/],
    [{ flags: { managementPort: '70000' } }, /--management-port/],
    [{ file: 'max_request_size=many' }, /^Setting max_request_size must be/],
    [{ environment: { REDIS_URL: 'http://x' } }, /^Setting --redis-url must be/],
  ])('refuses %j in a sentence that names the setting', (sources, message) => {
    expect(() => load(sources)).toThrow(expect.objectContaining({ code: 'configurationInvalid' }));
    expect(() => load(sources)).toThrow(message);
  });

  it('goes on after a bad value, with its default, where all faults are asked for', () => {
    const { faults, settings } = examineSettings({
      flags: { managementPort: 'x', jobConcurrency: '0', inferencePort: '7' },
      environment: { TS_CONFIG_FILE: join(folder, 'none') },
    });
    expect(faults.map(({ data }) => data.setting)).toEqual(['ts-config', '--management-port', '--job-concurrency']);
    expect(settings).toMatchObject({ managementPort: undefined, jobConcurrency: 8, inferencePort: 7 });
  });

  it('tells neither a password nor a whole novel of what it refuses', () => {
    const refused = (flags: SettingSources['flags']): string => {
      try {
        load({ flags });
      } catch (error) {
        return String((error as Error).message);
      }
      throw new Error('it was taken');
    };
    expect(refused({ redisUrl: 'http://user:p@s/s@host' })).toMatch(/, not "http:\/\/…@host"\.$/);
    expect(refused({ namespace: `\u001b[2J${'x'.repeat(5_000)}` }).length).toBeLessThan(500);
    expect(refused({ namespace: '\u001b[2J\u009b' })).toContain('\\u001b[2J\\u009b');
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
