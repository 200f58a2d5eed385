import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';

export interface SelfSigned {
  /** Path of the certificate. */
  readonly certificate: string;
  /** Path of its private key. */
  readonly key: string;
}

/** Makes a certificate for 127.0.0.1 that no authority has signed. */
export function selfSigned(directory: string): SelfSigned {
  const [certificate, key] = [join(directory, 'certificate.pem'), join(directory, 'key.pem')];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  const files = ['-keyout', key, '-out', certificate];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', ...files, ...names], {
    stdio: 'ignore',
  });
  return { certificate, key };
}

/** Asks with one key, over connections that trust that certificate alone. */
export type SecureClient = (
  method: string,
  url: string,
  key?: string,
  headers?: Readonly<Record<string, string>>,
) => Promise<{ readonly status: number; readonly body: string }>;

export function secureClient(certificate: string): SecureClient {
  const agent = new Agent({ ca: readFileSync(certificate) });
  return (method, url, key, headers = {}) =>
    new Promise((resolve, reject) => {
      const authorization = key === undefined ? {} : { authorization: `Bearer ${key}` };
      const sent = request(url, { method, agent, headers: { ...headers, ...authorization } }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
        response.on('error', reject);
      });
      sent.on('error', reject).end();
    });
}
