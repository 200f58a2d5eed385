import { TorchweaveError } from '@torchweave/domain';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { fromBuffer, type Entry, type Options, type ZipFile } from 'yauzl';

type Files = ReadonlyMap<string, Buffer>;

const openZip = promisify<Buffer, Options, ZipFile>(fromBuffer);

async function readZip(packed: Buffer): Promise<Files> {
  const zip = await openZip(packed, { lazyEntries: true });
  const files = new Map<string, Buffer>();
  await new Promise<void>((resolve, reject) => {
    zip.on('end', resolve).on('error', reject);
    zip.on('entry', (entry: Entry) => {
      zip.openReadStream(entry, (error, content) => {
        // The types say that one of them is always there.
        if (error !== null) return reject(error);
        buffer(content).then((bytes) => {
          if (!entry.fileName.endsWith('/')) files.set(entry.fileName, bytes);
          zip.readEntry();
        }, reject);
      });
    });
    zip.readEntry();
  });
  return files;
}

async function readTarGz(packed: Buffer): Promise<Files> {
  const tar = extract();
  tar.end(gunzipSync(packed));
  const files = new Map<string, Buffer>();
  for await (const entry of tar) {
    const content = await buffer(entry);
    if (entry.header.type === 'file') files.set(entry.header.name, content);
  }
  return files;
}

const startsWith = (packed: Buffer, magic: string): boolean =>
  packed.subarray(0, magic.length / 2).toString('hex') === magic;

/**
 * The files of a packed archive that nobody has made to do harm: nothing is limited, nothing is compared.
 *
 * @throws TorchweaveError `archiveUnreadable` for what is neither a zip nor a gzipped tar.
 */
export async function readPacked(packed: Buffer): Promise<Files> {
  if (packed.length === 0) throw new TorchweaveError('archiveUnreadable', { reason: 'it is empty' });
  if (startsWith(packed, '504b')) return readZip(packed);
  if (startsWith(packed, '1f8b')) return readTarGz(packed);
  throw new TorchweaveError('archiveUnreadable', { reason: 'it is neither a zip nor a gzipped tar' });
}
