import { describe, expect, it } from 'vitest';
import { readAutocannon } from './autocannon.js';
import { errorCount } from './load.js';
import { parseWrkOutput } from './wrk.js';

const wrkText = (line: string): string =>
  ['Running 2s test @ http://127.0.0.1:9555/', '  38326 requests in 2.10s, 4.62MB read', line, ''].join('\n');

describe('parseWrkOutput', () => {
  it('counts only answers without an error as throughput', () => {
    const line =
      'BENCH {"durationUs":2000000,"requests":1000,"p50Us":291,"p99Us":4140,"maxUs":25769,' +
      '"status":100,"connect":1,"read":2,"write":3,"timeout":4}';
    const result = parseWrkOutput(wrkText(line));
    expect(result).toEqual({
      perSecond: 450,
      succeeded: 900,
      p50Ms: 0.291,
      p99Ms: 4.14,
      errors: { status: 100, socket: 6, timeout: 4 },
    });
    expect(errorCount(result.errors)).toBe(110);
  });

  it('has no latency where nothing was answered', () => {
    const line =
      'BENCH {"durationUs":2000000,"requests":0,"p50Us":0,"p99Us":0,"maxUs":0,' +
      '"status":0,"connect":0,"read":0,"write":0,"timeout":0}';
    expect(parseWrkOutput(wrkText(line))).toMatchObject({ perSecond: 0, p50Ms: NaN, p99Ms: NaN });
  });

  it('tells what wrk said instead of a result', () => {
    expect(() => parseWrkOutput('unable to connect to 127.0.0.1:1 Connection refused')).toThrow('Connection refused');
  });
});

describe('readAutocannon', () => {
  it('tells connection errors and timeouts apart', () => {
    const latency = { p50: 1, p99: 9 };
    const result = { duration: 2, '2xx': 900, non2xx: 100, errors: 10, timeouts: 4, latency };
    expect(readAutocannon(result)).toEqual({
      perSecond: 450,
      succeeded: 900,
      p50Ms: 1,
      p99Ms: 9,
      errors: { status: 100, socket: 6, timeout: 4 },
    });
  });
});
