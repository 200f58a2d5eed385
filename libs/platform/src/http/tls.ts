import { TorchweaveError } from '@torchweave/domain';
import { codeOf } from '@torchweave/kernel';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Settings } from '../config/settings/settings.js';

/** A certificate chain and its key, both PEM. */
export interface TlsCertificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

type TlsSettings = Pick<Settings, 'certificateFile' | 'privateKeyFile'>;

/**
 * The certificate of an `https://` address; undefined for an `http://` one.
 *
 * @param setting of the address, for the sentence.
 * @throws TorchweaveError `configurationInvalid` for files that are missing, unreadable or no pair.
 */
export function tlsFor(address: string, setting: string, settings: TlsSettings): TlsCertificate | undefined {
  if (new URL(address).protocol !== 'https:') return undefined;
  const { certificateFile, privateKeyFile } = settings;
  if (certificateFile === undefined || privateKeyFile === undefined) {
    const rule = 'an http:// address, or come with certificate_file and private_key_file';
    throw new TorchweaveError('configurationInvalid', { setting, value: address, rule });
  }
  const pair = { cert: read('certificate_file', certificateFile), key: read('private_key_file', privateKeyFile) };
  try {
    createSecureContext(pair);
  } catch (error) {
    const rule = `a PEM certificate to which the private key belongs (${codeOf(error) || 'unknown fault'})`;
    throw new TorchweaveError('configurationInvalid', { setting: 'certificate_file', value: certificateFile, rule });
  }
  return pair;
}

function read(setting: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const rule = `a file that can be read (${codeOf(error) || 'unknown fault'})`;
    throw new TorchweaveError('configurationInvalid', { setting, value: path, rule });
  }
}
