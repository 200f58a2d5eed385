import { createServer, request as send, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CliError } from '../output/cli-error.js';

/** A request that can be sent again. */
export interface SentRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Of the connection, or made anew by whoever sends again. */
const ownHeaders = new Set([
  ...['connection', 'content-length', 'expect', 'host', 'keep-alive', 'transfer-encoding', 'te', 'trailer', 'upgrade'],
  ...['proxy-connection', 'x-request-id'],
]);

const host = '127.0.0.1';

/** Hands requests on to the inference API, and remembers the last one to a workflow. */
export class RequestRelay {
  /** The last request whose whole body came, unless that was too large to keep. */
  last: SentRequest | undefined;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
    private readonly mostBytes: number,
  ) {
    server.on('request', (request, response) => this.handle(request, response));
  }

  /**
   * @param target the address of the inference API.
   * @param port 0 picks a free one.
   * @param mostBytes of a body that is remembered.
   * @throws CliError for a port that cannot be had.
   */
  static async start(target: string, port: number, mostBytes: number): Promise<RequestRelay> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => resolve());
    }).catch((error: unknown) => {
      const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      throw new CliError(`Port ${port} of ${host} cannot be listened on (${reason}). Give another one with --port.`);
    });
    return new RequestRelay(server, new URL(target), mostBytes);
  }

  get url(): string {
    return `http://${host}:${(this.server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    const { hostname, port } = this.target;
    const { method = 'GET', url: path = '/', rawHeaders } = request;
    const handed = send({ host: hostname, port, method, path, headers: rawHeaders, setHost: false });
    handed.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
      answer.on('error', () => response.destroy());
      answer.pipe(response);
    });
    handed.on('error', () => response.destroy());
    response.on('error', () => undefined);
    response.on('close', () => handed.destroy());
    if (method !== 'GET' && path.startsWith('/wfpredict/')) this.remember(request, path);
    request.pipe(handed);
  }

  private remember(request: IncomingMessage, path: string): void {
    const pieces: Buffer[] = [];
    let bytes = 0;
    request.on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (bytes <= this.mostBytes) pieces.push(piece);
      else pieces.length = 0;
    });
    request.on('end', () => {
      if (bytes > this.mostBytes) return;
      const headers = Object.entries(request.headers).flatMap(([name, value]) =>
        typeof value !== 'string' || ownHeaders.has(name) ? [] : [[name, value] as const],
      );
      this.last = { path, headers: Object.fromEntries(headers), body: Buffer.concat(pieces) };
    });
  }
}
