import { describe, expect, it } from 'vitest';
import { failedCommand, writeRefusalOf } from './write-refusal.js';

const reply = (message: string): Error => Object.assign(new Error(message), { name: 'ReplyError' });
const refused: [string, string | undefined][] = [
  ["OOM command not allowed when used memory > 'maxmemory'.", 'full'],
  ['MISCONF Redis is configured to save RDB snapshots', 'disk'],
  ["READONLY You can't write against a read only replica.", 'replica'],
  ['NOREPLICAS Not enough good replicas to write.', 'replica'],
  ['ERR no such key', undefined],
  ['WRONGTYPE Operation against a key', undefined],
];

describe('a write that Redis refuses', () => {
  it.each(refused)('%s', (message, cause) => expect(writeRefusalOf(reply(message))).toBe(cause));

  it('is not seen in an error of another that has the word', () => {
    expect(writeRefusalOf(new Error('OOM of something else'))).toBeUndefined();
  });

  it('is told as that where only room helps, and as a state that is away where time does', () => {
    expect(refused.map(([message]) => failedCommand(reply(message)).code)).toEqual([
      'stateRefusesWrites',
      ...Array<string>(5).fill('stateUnavailable'),
    ]);
  });
});
