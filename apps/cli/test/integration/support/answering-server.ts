import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface Answer {
  readonly status?: number;
  /** Sent as JSON, unless it is bytes. */
  readonly body: unknown;
}

/** A real HTTP server that answers as a test says and remembers what it was asked. */
export class AnsweringServer {
  readonly seen: SeenRequest[] = [];

  private constructor(private readonly server: Server) {}

  /** @param answer the answer to a request; it may be another one each time. */
  static async start(answer: (request: SeenRequest) => Answer): Promise<AnsweringServer> {
    const server = createServer((request, response) => {
      const reply = async (): Promise<void> => {
        const { method = '', url = '', headers } = request;
        const seen = { method, url, headers, body: await buffer(request) };
        running.seen.push(seen);
        const { status = 200, body } = answer(seen);
        response.writeHead(status, { 'content-type': Buffer.isBuffer(body) ? 'image/png' : 'application/json' });
        response.end(Buffer.isBuffer(body) ? body : JSON.stringify(body));
      };
      reply().catch((error: unknown) => response.destroy(error as Error));
    });
    const running = new AnsweringServer(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return running;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }
}
