import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressOf,
  commandOf,
  curlOf,
  directing,
  quoted,
  registering,
  removingVersion,
  settingDefault,
  unregistering,
  updating,
} from './call.js';

const origin = 'http://127.0.0.1:8081';

describe('acts as calls', () => {
  it('registers by URL, and by upload', () => {
    expect(addressOf(registering({ url: 'digits.war' }, ''))).toBe('/workflows?url=digits.war&synchronous=false');
    const upload = registering({ file: { name: 'my digits.war' } }, 'mine');
    expect(curlOf(upload, origin, false)).toBe(
      `curl -H 'content-type: application/zip' --data-binary '@my digits.war' 'http://127.0.0.1:8081/workflows?workflow_name=mine&synchronous=false'`,
    );
    expect(commandOf(upload)).toBe(`torchweave workflow register './my digits.war' --name mine`);
  });

  it('updates, and watches only what serves', () => {
    const source = { url: 'digits.war' };
    expect(addressOf(updating('digits', source, { isDefault: true, watchSeconds: 60 }))).toBe(
      '/workflows/digits?url=digits.war&watch_seconds=60&synchronous=false',
    );
    expect(commandOf(updating('digits', source, { isDefault: false, watchSeconds: 60 }))).toBe(
      'torchweave workflow update digits digits.war --no-default',
    );
  });

  it('goes back, shares out and removes', () => {
    expect(curlOf(settingDefault('digits', 6), origin, true)).toBe(
      `curl -X PUT -H "Authorization: Bearer $KEY" 'http://127.0.0.1:8081/workflows/digits/6/set-default?synchronous=false'`,
    );
    expect(commandOf(directing('digits', { 6: 90, 7: 10 }))).toBe('torchweave workflow traffic digits 6=90 7=10');
    expect(addressOf(removingVersion('digits', 5))).toBe('/workflows/digits/5?synchronous=false');
    expect(addressOf(unregistering('a/b?c'))).toBe('/workflows/a%2Fb%3Fc?synchronous=false');
  });

  it('are words that a shell takes as they are', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }).filter((word) => !word.includes('\0')),
        (word) => {
          expect(execFileSync('sh', ['-c', `printf %s ${quoted(word)}`], { encoding: 'utf8' })).toBe(word);
        },
      ),
      { numRuns: 30 },
    );
  });
});
