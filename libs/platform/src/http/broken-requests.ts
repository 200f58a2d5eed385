import { TorchweaveError } from '@torchweave/domain';
import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { HttpLimits } from './limits.js';
import { OpenAnswers } from './open-answers.js';
import { commonHeaders, prettyJson } from './torchserve-conventions.js';

/** Answers what Node's parser refuses before there is a request, in TorchServe's error shape. */
export class BrokenRequests {
  /** So that nothing is written into the middle of another answer. */
  private readonly answers: OpenAnswers;
  /** Connections whose handshake has ended. */
  private readonly secured = new WeakSet<Socket>();

  constructor(private readonly limits: HttpLimits) {
    this.answers = new OpenAnswers(limits.sendTimeout);
  }

  /** Follows the server's requests. */
  watch(server: Server): void {
    this.answers.watch(server);
    server.on('secureConnection', (socket: Socket) => this.secured.add(socket));
  }

  /** Leaves the end of an answer to whoever sends it, however long that takes. */
  spare(answer: ServerResponse): void {
    this.answers.spare(answer);
  }

  /** Listens to the server's `clientError`. */
  answer(fault: Error & { readonly code?: string; readonly reason?: unknown }, socket: Socket): void {
    // Before the end of its handshake a secure connection sends nothing, and would wait for that for ever.
    const isShaken = !(socket instanceof TLSSocket) || this.secured.has(socket);
    if (fault.code === 'ECONNRESET' || !socket.writable || !isShaken || !this.isFree(socket)) {
      socket.destroy();
      return;
    }
    socket.end(rawAnswer(this.translate(fault)), () => socket.destroy());
  }

  /** True when the fault is of a request to which no answer has begun. */
  private isFree(socket: Socket): boolean {
    const response = this.answers.on(socket);
    if (response === undefined) return true;
    return response.req.complete ? response.writableFinished : !response.headersSent;
  }

  private translate({ code, reason }: Error & { readonly code?: string; readonly reason?: unknown }): TorchweaveError {
    switch (code) {
      case 'ERR_HTTP_REQUEST_TIMEOUT':
        return new TorchweaveError('requestTooSlow', {});
      case 'HPE_HEADER_OVERFLOW': {
        const { headerSize: limitBytes, headerCount: limitCount } = this.limits;
        return new TorchweaveError('headersTooLarge', { limitBytes, limitCount });
      }
      default:
        // The parser's own words for the rule that was broken; they quote nothing of the request.
        return new TorchweaveError('requestMalformed', {
          reason: typeof reason === 'string' ? reason : 'it is no HTTP',
        });
    }
  }
}

function rawAnswer(error: TorchweaveError): string {
  const body = prettyJson(error.toBody());
  const headers = {
    ...commonHeaders,
    'x-request-id': randomUUID(),
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? ''}\r\n${lines.join('')}\r\n${body}`;
}
