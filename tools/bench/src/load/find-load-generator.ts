import { findAutocannon } from './autocannon.js';
import type { LoadGenerator } from './load.js';
import { findWrk } from './wrk.js';

/** wrk where it is on PATH, else autocannon. @throws when there is neither. */
export async function findLoadGenerator(): Promise<LoadGenerator> {
  const found = findWrk() ?? (await findAutocannon());
  if (found === undefined) throw new Error('Neither wrk (apt-get install wrk) nor autocannon (npm install) is there.');
  return found;
}
