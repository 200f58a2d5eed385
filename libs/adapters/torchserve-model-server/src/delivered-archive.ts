import { createHash } from 'node:crypto';

import type { ModelArchive } from '@torchweave/application';

const pattern = /(?:^|\/)torchweave-([0-9a-f]{64})-[0-9a-f]{16}(?:-[0-9a-f]{8})?\.(?:mar|tar\.gz)$/;

/**
 * The name that an archive has in a TorchServe's model store: of its content, so that it is no other archive, and of its
 * model, so that it goes with no other model.
 *
 * @param nonce for another file where one of the name cannot be used.
 */
export async function deliveredFile(archive: ModelArchive, model: string, nonce?: string): Promise<string> {
  const owner = createHash('sha256').update(model).digest('hex').slice(0, 16);
  const ending = (await isZip(archive)) ? 'mar' : 'tar.gz';
  return `torchweave-${archive.digest}-${owner}${nonce === undefined ? '' : `-${nonce}`}.${ending}`;
}

/** The digest of the archive that a model of TorchServe was made of; undefined for one that we have not delivered. */
export const digestOfDelivered = (url: string): string | undefined => pattern.exec(url)?.[1];

/** TorchServe goes by the name; the first bytes tell. */
async function isZip(archive: ModelArchive): Promise<boolean> {
  const { content } = await archive.read();
  let head = Buffer.alloc(0);
  for await (const chunk of content) {
    head = Buffer.concat([head, chunk]);
    if (head.length >= 2) break;
  }
  return head.toString('latin1', 0, 2) === 'PK';
}
