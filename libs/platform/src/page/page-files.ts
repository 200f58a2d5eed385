import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** A file of the operator's page as it is sent. */
export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
  readonly gzipped: Buffer;
  /** Whether its name changes with what is in it, so that a browser never asks again. */
  readonly isHashed: boolean;
}

/** The files of the page by their path below its own; the one that every other path leads to is at `index.html`. */
export type PageFiles = ReadonlyMap<string, PageFile>;

const assets = 'assets';
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Where the built page lies; `npm run build` makes it. */
const builtPage = (): string => dirname(createRequire(import.meta.url).resolve('@torchweave/dashboard'));

/** Reads the whole page: what is not found now is never served, whatever a path says. */
export function readPage(folder = builtPage()): PageFiles {
  const names = readdirSync(join(folder, assets)).map((name) => `${assets}/${name}`);
  const files = ['index.html', ...names].map((name) => [name, fileAt(folder, name)] as const);
  return new Map(files);
}

function fileAt(folder: string, name: string): PageFile {
  const body = readFileSync(join(folder, name));
  const type = types[extname(name)] ?? 'application/octet-stream';
  return { type, body, gzipped: gzipSync(body), isHashed: name.startsWith(`${assets}/`) };
}
