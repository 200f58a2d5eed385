import { describe, expect, it } from 'vitest';
import { assertExposure } from './assert-exposure.js';

const bare = { keyFile: undefined, disableTokenAuth: false, publishedOn: undefined };
const listen = (host: string, settings: Parameters<typeof assertExposure>[0] = bare): Promise<void> =>
  assertExposure(settings, 'management_address', { host, port: 8081 });

describe('where a server may listen', () => {
  it.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1', 'localhost'])('is %s without keys', async (host) =>
    expect(await listen(host)).toBeUndefined(),
  );

  it.each(['0.0.0.0', '::', '10.1.2.3', '::ffff:10.1.2.3', 'fd00::1', 'nosuch.invalid'])(
    'is not %s without keys, and the sentence says what to do',
    async (host) => {
      await expect(listen(host)).rejects.toMatchObject({ code: 'configurationInvalid' });
      await expect(listen(host)).rejects.toThrow(
        /^Setting management_address must be .*--key-file FILE.*--disable-token-auth.*, not ".+"\.$/,
      );
    },
  );

  it('is everywhere with a key file', async () => {
    expect(await listen('0.0.0.0', { ...bare, keyFile: 'key_file.json' })).toBeUndefined();
  });

  it('is everywhere where the operator says that nobody is to be asked', async () => {
    expect(await listen('0.0.0.0', { ...bare, disableTokenAuth: true })).toBeUndefined();
  });

  it('is everywhere in a container whose engine publishes it on this machine alone', async () => {
    expect(await listen('0.0.0.0', { ...bare, publishedOn: '127.0.0.1' })).toBeUndefined();
  });

  it.each(['0.0.0.0', '::', '10.1.2.3'])(
    'is nowhere in a container that is published on %s without keys',
    async (at) => {
      await expect(listen('0.0.0.0', { ...bare, publishedOn: at })).rejects.toThrow(
        /^Setting published_on must be .*--key-file FILE.*--disable-token-auth.*, not ".+"\.$/,
      );
      await expect(listen('127.0.0.1', { ...bare, publishedOn: at })).rejects.toThrow(/^Setting published_on must be/);
      expect(await listen('0.0.0.0', { ...bare, publishedOn: at, keyFile: 'key_file.json' })).toBeUndefined();
    },
  );

  it('is nowhere with a key file that nobody is to be asked for', async () => {
    const contradiction = { ...bare, keyFile: 'key_file.json', disableTokenAuth: true };
    await expect(listen('127.0.0.1', contradiction)).rejects.toThrow(/^Setting --disable-token-auth must be left out/);
  });
});
