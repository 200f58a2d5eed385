import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Whether a server runs on this machine, and so sees the same files. */
function isOnThisMachine(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { hostname } = new URL(address);
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}

/**
 * What to register for an argument: a path of a file that is here, for a server that is here too, as a `file://` URL;
 * anything else as it is, also a plain name, for that is a file of the workflow store.
 */
export function archiveUrl(argument: string, server: string): string {
  const isPath = /[/\\]/.test(argument) && !/^[a-z][a-z0-9+.-]*:\/\//i.test(argument);
  if (!isPath || !isOnThisMachine(server) || !existsSync(argument)) return argument;
  return pathToFileURL(resolve(argument)).href;
}
