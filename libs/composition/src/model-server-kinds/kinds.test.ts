import { loadSettings, type Settings } from '@torchweave/platform';
import { describe, expect, it } from 'vitest';
import { assertCanMeet, hasModelServerInside, modelServerFaults, readModelServers } from './kinds.js';

const given = (...modelServers: string[]): Settings =>
  loadSettings({ flags: { modelServers }, environment: {} }).settings;
const torchServe = 'torchserve=http://a:1,https://b:2/prefix';

describe('--model-server', () => {
  it.each([[[]], [['local']], [[torchServe]], [['local', torchServe, torchServe]]])('may be %j', (servers) => {
    expect(modelServerFaults(given(...servers))).toEqual([]);
    expect(readModelServers(given(...servers))).toHaveLength(Math.max(1, servers.length));
  });

  it.each([
    'tensorflow=http://a',
    'tensorflow',
    'constructor',
    'torchserve',
    'torchserve=http://a:1',
    'torchserve=http://a:1,http://b:2,http://c:3',
    'torchserve=ftp://a:1,http://b:2',
    'torchserve=http://,http://b:2',
    'local=here',
  ])('may not be %s, and what it may be is told; the others are read all the same', (bad) => {
    const settings = given(torchServe, bad);
    expect(modelServerFaults(settings).map(({ message }) => message)).toEqual([
      `Setting --model-server must be local or torchserve=MANAGEMENT_URL,INFERENCE_URL, not "${bad}".`,
    ]);
    expect(readModelServers(settings)).toHaveLength(1);
  });

  it('tells no password of what it refuses', () => {
    const [fault] = modelServerFaults(given('torchserve=http://user:secret@a:1'));
    expect(fault?.message).toContain('torchserve=http://…@a:1');
  });

  it.each([
    [[], true],
    [['local'], true],
    [[torchServe, 'local'], true],
    [[torchServe], false],
  ])('of %j is inside of a process: %s', (servers, isInside) => {
    expect(hasModelServerInside(given(...servers))).toBe(isInside);
  });

  it.each([
    [[], ''],
    [['local'], 'local'],
    [[torchServe, 'local'], 'local'],
  ])('of %j is none where worker and gateway are apart', (servers, value) => {
    expect(() => assertCanMeet(given(...servers))).toThrow(
      `Setting --model-server must be torchserve=MANAGEMENT_URL,INFERENCE_URL, at least once, not "${value}".`,
    );
  });

  it('of another server is one for both', () => {
    expect(() => assertCanMeet(given(torchServe))).not.toThrow();
  });
});
