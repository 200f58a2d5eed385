import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { crc32, gzipSync } from 'node:zlib';
import { recordedArchives, type RecordedArchive } from './recordings.js';

type Files = Readonly<Record<string, string>>;

/** A zip of stored entries. Written by hand because some recorded archives are ones that no proper library would write. */
export function zipOf(files: Files): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const [path, text] of Object.entries(files)) {
    const name = Buffer.from(path);
    const data = Buffer.from(text);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0); // version needed
    common.writeUInt16LE(0x21, 8); // date: 1 January 1980
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, name, data]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    centrals.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, place, name]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(centrals.length, 8);
  end.writeUInt16LE(centrals.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

/** A gzipped tar of plain files (ustar). */
function tarGzOf(files: Files): Buffer {
  const blocks = Object.entries(files).flatMap(([path, text]) => {
    const data = Buffer.from(text);
    const header = Buffer.alloc(512);
    header.write(path, 0);
    header.write('0000644\0' + '0000000\0'.repeat(2), 100);
    header.write(`${data.length.toString(8).padStart(11, '0')}\0${'0'.repeat(11)}\0        0`, 124);
    header.write('ustar\x0000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

export function archiveOf(recorded: RecordedArchive): Buffer {
  if ('raw' in recorded) return Buffer.from(recorded.raw, 'latin1');
  return recorded.format === 'tar.gz' ? tarGzOf(recorded.files) : zipOf(recorded.files);
}

/** Writes every recorded archive into its store. */
export function fillStores(workflowStore: string, modelStore: string): void {
  mkdirSync(join(workflowStore, 'sub'), { recursive: true });
  mkdirSync(modelStore, { recursive: true });
  for (const [name, recorded] of Object.entries(recordedArchives)) {
    writeFileSync(join(name.endsWith('.war') ? workflowStore : modelStore, name), archiveOf(recorded));
  }
  writeFileSync(join(workflowStore, 'sub', 'chain.war'), archiveOf(recordedArchives['chain.war'] as RecordedArchive));
}

/** Serves the recorded archives over HTTP on loopback. */
export async function serveArchives(): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    const name = (request.url ?? '').slice(1).split('?')[0] ?? '';
    const recorded = recordedArchives[name === 'remote.war' ? 'chain.war' : name];
    if (recorded === undefined) response.writeHead(404).end();
    else response.end(archiveOf(recorded));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
