import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { spansOfJson, spansOfProtobuf, type ReceivedSpan } from './read-spans.js';

/** Receives traces by OTLP over HTTP, as a collector does. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  /** Headers of each request. */
  readonly headers: Readonly<Record<string, unknown>>[] = [];
  /** What it answers. */
  status = 200;
  private waiting: (() => void)[] = [];

  private constructor(private readonly server: Server) {}

  /** @param port 0 for any that is free. */
  static async start(port = 0): Promise<OtlpReceiver> {
    const server = createServer();
    const receiver = new OtlpReceiver(server);
    server.on('request', (request, response) => {
      void buffer(request).then((body) => {
        receiver.headers.push(request.headers);
        const isJson = request.headers['content-type'] === 'application/json';
        if (receiver.status === 200) receiver.spans.push(...(isJson ? spansOfJson : spansOfProtobuf)(body));
        response.writeHead(receiver.status, { 'content-type': 'application/x-protobuf' }).end();
        for (const look of receiver.waiting.splice(0)) look();
      });
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Resolves with what has come when it is enough: looked at with every request that comes. */
  async until(isEnough: (spans: readonly ReceivedSpan[]) => boolean): Promise<readonly ReceivedSpan[]> {
    while (!isEnough(this.spans)) await new Promise<void>((resolve) => this.waiting.push(resolve));
    return this.spans;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
