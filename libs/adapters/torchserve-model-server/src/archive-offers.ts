import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, isIP, type AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

import type { Logger, ModelArchive } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { ExchangeFailure } from '@torchweave/http-exchange';

import { failedExchange } from './error-mapping.js';

const connectTimeoutMs = 5_000;
/** ms that a client may take for its request. */
const requestTimeoutMs = 10_000;
const maxConnections = 64;
/** TorchServe asks once; a load balancer may look first. */
const maxFetches = 3;

export interface ArchiveOffersOptions {
  /**
   * `http://HOST:PORT` at which model servers reach this process. Default: the address from which it reaches them, and a
   * port that is free.
   */
  readonly address?: string | undefined;
  readonly logger: Logger;
}

/** An archive that can be fetched until it is withdrawn. */
export interface ArchiveOffer {
  readonly url: string;
  /** Whether somebody has begun to fetch it. */
  readonly isFetched: boolean;
  withdraw(): void;
}

interface Offered {
  readonly archive: ModelArchive;
  fetches: number;
  readonly answers: Set<ServerResponse>;
}

/** Where to listen, and the host that URLs name. */
interface Place {
  readonly host: string;
  /** Every address of this machine where absent. */
  readonly bind: string | undefined;
  readonly port: number;
}

/** One listening socket, there while something is offered on it. */
interface Listening {
  readonly server: Promise<Server>;
  readonly offered: Map<string, Offered>;
}

/**
 * Lets model servers fetch archives from this process: TorchServe takes a model from its own store or from a URL, and its store
 * may be on another machine.
 *
 * An address is unguessable, and answers only while the registration that it is for is under way.
 */
export class ArchiveOffers {
  private readonly listening = new Map<string, Listening>();

  constructor(private readonly options: ArchiveOffersOptions) {}

  /**
   * @param file the last part of the URL.
   * @param towards an address of the model server that is to fetch it.
   * @throws TorchweaveError `modelServerUnreachable`; `modelServerRefused` when this process cannot listen.
   */
  async offer(archive: ModelArchive, file: string, towards: { url: URL; endpoint: string }): Promise<ArchiveOffer> {
    const { host, bind, port } = await this.placeFor(towards);
    const key = `${bind ?? 'all'} ${port}`;
    const listening = this.listening.get(key) ?? this.listen(key, bind, port);
    const path = `/${randomBytes(16).toString('hex')}/${file}`;
    const offered: Offered = { archive, fetches: 0, answers: new Set() };
    listening.offered.set(path, offered);
    const withdraw = (): void => this.withdraw(key, listening, path);
    try {
      const address = (await listening.server).address() as AddressInfo;
      const url = `http://${isIP(host) === 6 ? `[${host}]` : host}:${address.port}${path}`;
      return {
        url,
        withdraw,
        get isFetched() {
          return offered.fetches > 0;
        },
      };
    } catch (cause) {
      withdraw();
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
      const message = `The archive cannot be offered to TorchServe: this server cannot listen at model_delivery_address (${code}).`;
      throw new TorchweaveError('modelServerRefused', { endpoint: towards.endpoint, message }, { cause });
    }
  }

  private async placeFor({ url, endpoint }: { url: URL; endpoint: string }): Promise<Place> {
    if (this.options.address === undefined) {
      const host = await localAddressTowards(url, endpoint);
      return { host, bind: host, port: 0 };
    }
    const given = new URL(this.options.address);
    const host = given.hostname.replace(/^\[(.*)\]$/, '$1');
    // What a name or a translated address stands for need not be an address of this machine.
    const bind = /^127\.|^::1$|^localhost$/.test(host) ? host : undefined;
    return { host, bind, port: given.port === '' ? 80 : Number(given.port) };
  }

  private listen(key: string, bind: string | undefined, port: number): Listening {
    const offered = new Map<string, Offered>();
    const timeouts = { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs };
    const server = createServer({ ...timeouts, maxHeaderSize: 16_384 }, (request, response) => {
      this.answer(offered, request, response);
    });
    server.maxConnections = maxConnections;
    const started = once(server.listen(bind === undefined ? { port } : { host: bind, port }), 'listening').then(
      () => server,
    );
    started.catch(() => undefined);
    const listening = { server: started, offered };
    this.listening.set(key, listening);
    return listening;
  }

  private answer(offered: Map<string, Offered>, request: IncomingMessage, response: ServerResponse): void {
    const found = offered.get(request.url ?? '');
    response.setHeader('connection', 'close');
    if (found === undefined || request.method !== 'GET' || found.fetches >= maxFetches) {
      response.writeHead(404).end();
      return;
    }
    found.fetches += 1;
    found.answers.add(response);
    this.send(found.archive, response)
      .catch((error: unknown) => {
        this.options.logger.warn({ err: error }, 'a model server has not fetched the whole archive');
        response.destroy();
      })
      .finally(() => found.answers.delete(response));
  }

  private async send(archive: ModelArchive, response: ServerResponse): Promise<void> {
    const { bytes, content } = await archive.read();
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes });
    await pipeline(content, response);
  }

  private withdraw(key: string, listening: Listening, path: string): void {
    for (const answer of listening.offered.get(path)?.answers ?? []) answer.destroy();
    listening.offered.delete(path);
    if (listening.offered.size > 0 || this.listening.get(key) !== listening) return;
    this.listening.delete(key);
    listening.server.then(
      (server) => {
        server.close();
        server.closeAllConnections();
      },
      () => undefined,
    );
  }
}

/** The address that a connection from here to the model server has: by it the model server reaches us, unless one translates. */
async function localAddressTowards(url: URL, endpoint: string): Promise<string> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(connectTimeoutMs) });
    return socket.localAddress ?? '127.0.0.1';
  } catch (cause) {
    const isLate = cause instanceof Error && cause.name === 'AbortError';
    throw failedExchange(endpoint, isLate ? new ExchangeFailure('connectTimeout', 'connect timed out') : cause);
  } finally {
    socket.destroy();
  }
}
