import type { Server } from 'node:net';
import { connectionsWithin, openFilesLimit } from '../system/open-files.js';

/** ms between two looks at what the system allows: it can be changed while the process runs. */
const lookEveryMs = 1_000;

/**
 * Bounds the open connections of a server by what is wanted and by what the system lets the process have open: where connections
 * took all of it, nothing else could be opened, no archive, no process, no way to Redis. Those beyond are closed at once.
 *
 * @param readLimit tells the system's limit; undefined where there is none.
 */
export function boundConnections(server: Server, wanted: number, readLimit = openFilesLimit): void {
  let limit = readLimit();
  server.maxConnections = connectionsWithin(limit, wanted);
  const looking = setInterval(() => {
    limit = readLimit() ?? limit;
    server.maxConnections = connectionsWithin(limit, wanted);
  }, lookEveryMs).unref();
  server.once('close', () => clearInterval(looking));
}
