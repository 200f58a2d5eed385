import { silentLogger } from '@torchweave/application';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { AccessKeys } from '../auth/access-keys.js';
import { Admission } from './admission.js';

const request = (): { left: boolean } => ({ left: false });

describe('admission', () => {
  it('counts requests up to its limit, and one more for each that is released', () => {
    const admission = new Admission<object>({ what: 'calls', limit: 2 });
    const [first, second, third] = [request(), request(), request()];
    expect([first, second, third].map((one) => admission.count(one))).toEqual([true, true, false]);
    expect(admission.excess).toMatchObject({ code: 'overloaded', data: { what: 'calls', limit: 2 } });
    admission.release(third);
    expect(admission.size).toBe(2);
    admission.release(first);
    admission.release(first);
    expect([admission.count(third), admission.size]).toEqual([true, 2]);
  });

  it('drains: every request under way is told once, and no other', () => {
    const admission = new Admission<{ left: boolean }>({ what: 'calls', limit: 3 });
    const [gone, waiting] = [request(), request()];
    for (const one of [gone, waiting]) admission.count(one);
    admission.release(gone);
    const told: object[] = [];
    admission.drain((one) => told.push(one));
    expect(told).toEqual([waiting]);
    expect(told[0]).toBe(waiting);
  });

  it('asks nobody for a key where there are none', () => {
    expect(new Admission({ what: 'calls', limit: 1 }).permit({ authorization: undefined }, ['predict'])).toEqual({});
  });

  describe('with keys', () => {
    const folder = mkdtempSync(join(tmpdir(), 'torchweave-admission-'));
    const file = join(folder, 'keys.json');
    const keys = AccessKeys.open({ file, expirationMin: 1, logger: silentLogger });
    const { inference } = JSON.parse(readFileSync(file, 'utf8')) as { inference: { key: string } };
    const admission = new Admission({ what: 'calls', limit: 1, keys });
    const authorization = `Bearer ${inference.key}`;
    afterAll(() => rmSync(folder, { recursive: true }));

    it('identifies who asks, and permits what the key is for', () => {
      expect(admission.permit({ authorization }, ['predict'])).toEqual({ holder: 'inference' });
    });

    it.each([
      ['a key for something else', authorization, 'forbidden'],
      ['a wrong key', 'Bearer wrong', 'unauthorized'],
      ['none', undefined, 'unauthorized'],
    ])('refuses %s', (_, given, code) => {
      expect(admission.permit({ authorization: given }, ['register']).refusal?.code).toBe(code);
    });

    it('takes a password for the key only where it may be one', () => {
      const basic = `Basic ${Buffer.from(`user:${inference.key}`).toString('base64')}`;
      expect(admission.permit({ authorization: basic }, ['predict']).refusal?.code).toBe('unauthorized');
      expect(admission.permit({ authorization: basic, mayBePassword: true }, ['predict'])).toEqual({
        holder: 'inference',
      });
    });
  });
});
