import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

import { AnswerReader } from './answer-reader.js';
import { ConnectionLostError, ExchangeFailure, type ReadAnswer } from './exchange.js';
import type { PendingExchange, WireRequest } from './pending-exchange.js';

/** Where connections go to. */
export interface ConnectionTarget {
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
  /** ms that it may take until a connection is there. */
  readonly connectTimeoutMs: number;
}

/** Whoever hands exchanges to a connection. */
export interface ConnectionUser {
  /** It is there, and takes its first exchange. */
  opened(connection: Connection): void;
  /** It has done an exchange, and takes the next. */
  free(connection: Connection): void;
  /** It takes no more. `failure` tells why it could not be made, where that is so. */
  gone(connection: Connection, failure: Error | undefined): void;
}

/** Bytes of a body that is copied behind its head: cheaper than a buffer of its own in the write. */
const largestCopiedBody = 65_536;

/**
 * What all connections read into: the reader takes what it needs before the next read. A buffer for each read, as sockets
 * have it by default, keeps the garbage collector busy.
 */
const readBuffer = Buffer.allocUnsafeSlow(262_144);

const connectionLossCodes = new Set(['ECONNRESET', 'EPIPE']);

/** One kept-alive HTTP/1.1 connection, one exchange at a time. */
export class Connection {
  /** Since when it has no exchange, on the clock of `performance.now`. */
  idleSince = 0;
  private readonly socket: Socket;
  private exchange: PendingExchange | undefined;
  private reader = new AnswerReader(0);
  private isOpen = false;
  private isGone = false;
  private error: Error | undefined;
  private readonly connectTimer: NodeJS.Timeout;

  constructor(
    target: ConnectionTarget,
    private readonly user: ConnectionUser,
  ) {
    this.socket = open(target, (bytes) => this.receive(bytes));
    const { connectTimeoutMs } = target;
    this.connectTimer = setTimeout(
      () => this.destroy(new ExchangeFailure('connectTimeout', `Not connected within ${connectTimeoutMs} ms.`)),
      connectTimeoutMs,
    );
    this.socket
      .setNoDelay(true)
      .once(target.isSecure ? 'secureConnect' : 'connect', () => this.opened())
      .on('error', (error) => (this.error ??= error))
      .on('end', () => this.ended())
      .on('close', () => this.lost());
  }

  /** Sends the request; the exchange settles with its answer, or when the connection is lost. */
  send(exchange: PendingExchange): void {
    this.exchange = exchange;
    exchange.begin();
    this.reader = new AnswerReader(exchange.maxAnswerBytes);
    const { wire } = exchange;
    if (wire.bodyBytes <= largestCopiedBody) {
      this.socket.write(inOnePiece(wire));
      return;
    }
    this.socket.cork();
    this.socket.write(wire.head, 'latin1');
    for (const chunk of wire.body) this.socket.write(chunk);
    this.socket.uncork();
  }

  /** Whether it is this exchange that the connection works on. */
  carries(exchange: PendingExchange): boolean {
    return this.exchange === exchange;
  }

  /** Closes the connection at once; an exchange under way fails with the reason. */
  destroy(reason?: Error): void {
    this.error ??= reason;
    this.socket.destroy();
    this.lost();
  }

  private opened(): void {
    clearTimeout(this.connectTimer);
    this.isOpen = true;
    this.idleSince = performance.now();
    this.user.opened(this);
  }

  private receive(bytes: number): boolean {
    const { exchange } = this;
    if (exchange === undefined) {
      // Nothing was asked.
      this.destroy();
      return true;
    }
    let answer: ReadAnswer | undefined;
    try {
      answer = this.reader.push(readBuffer.subarray(0, bytes));
    } catch (error) {
      this.destroy(error as Error);
      return true;
    }
    if (answer !== undefined) this.answered(exchange, answer);
    return true;
  }

  private ended(): void {
    const answer = this.exchange === undefined ? undefined : this.reader.end();
    if (this.exchange !== undefined && answer !== undefined) this.answered(this.exchange, answer);
    this.destroy();
  }

  private answered(exchange: PendingExchange, answer: ReadAnswer): void {
    this.exchange = undefined;
    // An answer that came before its request was sent leaves a connection on which the rest is still under way.
    if (this.reader.keepsAlive && this.socket.writableLength === 0) {
      this.idleSince = performance.now();
      this.user.free(this);
    } else {
      this.destroy();
    }
    exchange.succeed(answer);
  }

  private lost(): void {
    if (this.isGone) return;
    this.isGone = true;
    clearTimeout(this.connectTimer);
    const { exchange, error } = this;
    this.exchange = undefined;
    this.user.gone(this, this.isOpen ? undefined : (error ?? closed()));
    exchange?.fail(this.lossOf(error));
  }

  private lossOf(error: Error | undefined): Error {
    const isLoss = error === undefined || ('code' in error && connectionLossCodes.has(String(error.code)));
    const cause = error ?? closed();
    return isLoss && !this.reader.hasBegun ? new ConnectionLostError('The connection was lost.', { cause }) : cause;
  }
}

function open({ host, port, isSecure }: ConnectionTarget, receive: (bytes: number) => boolean): Socket {
  const onread = { buffer: readBuffer, callback: receive };
  if (!isSecure) return connectTcp({ host, port, onread });
  // Only a name may be told as the server's (RFC 6066).
  const options = { host, port, onread, ...(isIP(host) === 0 ? { servername: host } : {}) };
  return connectTls(options);
}

function inOnePiece({ head, body, bodyBytes }: WireRequest): Buffer {
  const piece = Buffer.allocUnsafe(head.length + bodyBytes);
  let offset = piece.write(head, 'latin1');
  for (const chunk of body) {
    piece.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return piece;
}

const closed = (): ExchangeFailure => new ExchangeFailure('connectionClosed', 'The connection was closed.');
