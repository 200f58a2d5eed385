import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';

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
