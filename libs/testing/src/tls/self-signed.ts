import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';

export interface SelfSigned {
  /** Path of the certificate. */
  readonly certificate: string;
  /** Path of its private key. */
  readonly key: string;
}

/** Makes a certificate for 127.0.0.1 and localhost that no authority has signed, and its key, as two files of `directory`. */
export async function selfSigned(directory: string): Promise<SelfSigned> {
  const altNames = [
    { type: 7 as const, ip: '127.0.0.1' },
    { type: 2 as const, value: 'localhost' },
  ];
  const pair = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames }],
  });
  const [certificate, key] = [join(directory, 'certificate.pem'), join(directory, 'key.pem')];
  writeFileSync(certificate, pair.cert);
  writeFileSync(key, pair.private, { mode: 0o600 });
  return { certificate, key };
}
