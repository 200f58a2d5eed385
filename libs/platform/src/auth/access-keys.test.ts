import type { Logger } from '@torchweave/application';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AccessKeys } from './access-keys.js';
import { digestOf, freshKeyDocument, type KeyDocument } from './key-document.js';
import type { Permission } from './permission.js';

describe('AccessKeys', () => {
  let directory: string;
  let file: string;
  let events: string[];
  const note = (data: object, message: string): void => void events.push(`${message} ${JSON.stringify(data)}`);
  const logger: Logger = { debug: note, info: note, warn: note, error: note, child: () => logger };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'torchweave-keys-'));
    file = join(directory, 'key_file.json');
    events = [];
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
    rmSync(directory, { recursive: true });
  });

  const open = (): AccessKeys => AccessKeys.open({ file, expirationMin: 60, logger });
  const stored = (): KeyDocument => JSON.parse(readFileSync(file, 'utf8')) as KeyDocument;
  const keyOf = (kind: 'management' | 'inference' | 'API'): string => stored()[kind]?.key ?? '';
  const isLetIn = (keys: AccessKeys, key: string, ...wanted: Permission[]): boolean =>
    keys.refusal(`Bearer ${key}`, wanted) === undefined;

  it('writes a missing file with fresh keys that only its owner may read', () => {
    const keys = open();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(isLetIn(keys, keyOf('management'), 'read')).toBe(true);
    expect(isLetIn(keys, keyOf('management'), 'register')).toBe(true);
    expect(isLetIn(keys, keyOf('inference'), 'predict')).toBe(true);
    expect(isLetIn(keys, keyOf('API'), 'renew')).toBe(true);
  });

  it('lets a key do nothing that is not its own', () => {
    const keys = open();
    expect(isLetIn(keys, keyOf('management'), 'predict', 'renew')).toBe(false);
    expect(isLetIn(keys, keyOf('inference'), 'read', 'register', 'renew')).toBe(false);
    expect(isLetIn(keys, keyOf('API'), 'read', 'register', 'predict')).toBe(false);
  });

  it.each([
    ['no header', undefined, 'missing'],
    ['an empty header', '', 'missing'],
    ['another scheme', 'Basic YTpi', 'missing'],
    ['no key', 'Bearer ', 'missing'],
    ['two keys', 'Bearer one two', 'missing'],
    ['a wrong key', 'Bearer wrong', 'invalid'],
  ])('refuses %s', (_, authorization, reason) => {
    const refused = open().refusal(authorization, ['read', 'register', 'predict', 'renew']);
    expect(refused).toMatchObject({ code: 'unauthorized', status: 401, data: { reason } });
  });

  it('refuses a key from the moment on that it expires', () => {
    const keys = open();
    vi.advanceTimersByTime(60 * 60_000 - 1);
    expect(isLetIn(keys, keyOf('inference'), 'predict')).toBe(true);
    vi.advanceTimersByTime(1);
    expect(isLetIn(keys, keyOf('inference'), 'predict')).toBe(false);
    expect(isLetIn(keys, keyOf('API'), 'renew')).toBe(true);
  });

  it('renews a key, and the old one is worth nothing then', () => {
    const keys = open();
    const before = keyOf('management');
    vi.advanceTimersByTime(60_000);
    const renewed = keys.renew('management');
    expect(renewed).toEqual({
      key: keyOf('management'),
      'expiration time': new Date(Date.now() + 3_600_000).toISOString(),
    });
    expect([isLetIn(keys, before, 'read'), isLetIn(keys, renewed.key, 'read')]).toEqual([false, true]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('reads what another process has written within a second', () => {
    const [one, other] = [open(), open()];
    const { key } = other.renew('inference');
    vi.advanceTimersByTime(1_000);
    expect(isLetIn(one, key, 'predict')).toBe(true);
  });

  it('looks at the file no more than once a second', () => {
    const [one, other] = [open(), open()];
    const { key } = other.renew('inference');
    vi.advanceTimersByTime(999);
    expect(isLetIn(one, key, 'predict')).toBe(false);
  });

  it('takes a named key in and lets it go with the file', () => {
    const keys = open();
    const named = {
      name: 'ci',
      role: 'register' as const,
      sha256: digestOf('a key of ours'.replaceAll(' ', '-')).toString('hex'),
    };
    writeFileSync(file, JSON.stringify({ ...stored(), keys: [named] }));
    vi.advanceTimersByTime(1_000);
    expect(isLetIn(keys, 'a-key-of-ours', 'register')).toBe(true);
    writeFileSync(file, JSON.stringify({ ...stored(), keys: [] }));
    vi.advanceTimersByTime(1_000);
    expect(isLetIn(keys, 'a-key-of-ours', 'register')).toBe(false);
  });

  it.each([
    ['is gone', () => rmSync(file), /ENOENT/],
    ['is half written', () => writeFileSync(file, '{"management": {"key": "secret-secret'), /it is not JSON/],
  ])('keeps the keys that it has when the file %s, and says so without quoting it', (_, harm, reason) => {
    const keys = open();
    const key = keyOf('management');
    harm();
    vi.advanceTimersByTime(1_000);
    expect(isLetIn(keys, key, 'read')).toBe(true);
    expect(events.at(-1)).toMatch(reason);
    expect(events.join()).not.toContain('secret');
  });

  it('reads a file that could not be read as soon as it can be, and says once that it could not', () => {
    const keys = open();
    const old = keyOf('management');
    const fresh = freshKeyDocument(new Date(Date.now() + 3_600_000));
    // A folder is what even root cannot read.
    rmSync(file);
    mkdirSync(file);
    for (let looks = 0; looks < 3; looks += 1) {
      vi.advanceTimersByTime(1_000);
      expect(isLetIn(keys, old, 'read')).toBe(true);
    }
    expect(events.filter((event) => event.includes('EISDIR'))).toHaveLength(1);
    rmdirSync(file);
    writeFileSync(file, JSON.stringify(fresh), { mode: 0o600 });
    vi.advanceTimersByTime(1_000);
    expect(isLetIn(keys, fresh.management?.key ?? '', 'read')).toBe(true);
    expect(isLetIn(keys, old, 'read')).toBe(false);
  });

  it('reads what another process has written a moment after a renewal of its own', () => {
    const [one, other] = [open(), open()];
    one.renew('management');
    const { key } = other.renew('inference');
    const { key: next } = one.renew('management');
    vi.advanceTimersByTime(1_000);
    expect([isLetIn(one, key, 'predict'), isLetIn(other, key, 'predict')]).toEqual([true, true]);
    expect([isLetIn(one, next, 'read'), isLetIn(other, next, 'read')]).toEqual([true, true]);
  });

  it.each([
    ['no key', '', 'missing', 401, undefined],
    ['a wrong key', 'wrong-wrong', 'invalid', 401, undefined],
    ['a key whose right is too small', 'inference', undefined, 403, 'inference'],
  ])('tells %s apart', (_, given, reason, status, holder) => {
    const keys = open();
    const key = given === 'inference' ? keyOf('inference') : given;
    const check = keys.check(`Bearer ${key}`, ['register']);
    expect([check.refusal?.status, check.holder]).toEqual([status, holder]);
    expect(check.refusal?.data).toEqual(reason === undefined ? { wanted: ['register'] } : { reason });
  });

  it('names the key that a request is let in with, and one that has expired', () => {
    const keys = open();
    expect(keys.check(`Bearer ${keyOf('management')}`, ['read'])).toEqual({ holder: 'management' });
    vi.advanceTimersByTime(3_600_000);
    const { holder, refusal } = keys.check(`Bearer ${keyOf('management')}`, ['read']);
    expect([holder, refusal?.data]).toEqual(['management', { reason: 'expired' }]);
  });

  it('logs no key', () => {
    const keys = open();
    const all = [keyOf('management'), keyOf('inference'), keyOf('API'), keys.renew('management').key];
    vi.advanceTimersByTime(1_000);
    keys.refusal('Bearer wrong-wrong', ['read']);
    for (const key of [...all, 'wrong-wrong']) expect(events.join()).not.toContain(key);
  });

  it('says when others may read the file', () => {
    open();
    writeFileSync(file, JSON.stringify(stored()), { mode: 0o644 });
    rmSync(file);
    writeFileSync(file, JSON.stringify({ keys: [] }), { mode: 0o644 });
    open();
    expect(events.at(-1)).toMatch(/^others may read the key file/);
  });

  it.each([
    ['cannot be created', () => (file = join(directory, 'none', 'key_file.json')), 'ENOENT'],
    ['is no key file', () => writeFileSync(file, '{"keys": "secret-secret"}'), 'keys is not valid'],
  ])('refuses a file that %s in a sentence', (_, prepare, reason) => {
    prepare();
    expect(open).toThrow(expect.objectContaining({ code: 'configurationInvalid' }));
    expect(open).toThrow(new RegExp(`^Setting --key-file must be a key file .*${reason}`));
    expect(open).not.toThrow(/secret/);
  });

  it('tells that a key cannot be renewed when the file cannot be written', () => {
    const keys = open();
    rmSync(file);
    expect(() => keys.renew('management')).toThrow(expect.objectContaining({ code: 'keyNotRenewed', status: 503 }));
  });

  it('leaves no other file behind', () => {
    open().renew('management');
    open();
    expect(readdirSync(directory)).toEqual(['key_file.json']);
  });
});
