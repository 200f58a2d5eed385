import { leaksIn } from '@torchweave/testing/leaks';
import { request } from 'node:http';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/**
 * Fails on an error answer that tells of the server's inside. Sends a request whose path is not touched: `fetch` would tidy up what a
 * hostile client sends.
 */
export function rawRequest(
  address: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => {
        const { statusCode: status = 0, headers: answered } = response;
        const leaks = status < 400 ? [] : leaksIn(body, [path, ...Object.values(headers)].join(' '));
        if (leaks.length > 0) reject(new Error(`${status} of ${method} ${path} tells ${leaks.join(', ')}`));
        else resolve({ status, headers: answered, body });
      });
      response.on('error', reject);
    });
    sent.on('error', reject).end();
  });
}
