import { isTorchweaveError, TorchweaveError } from '@torchweave/domain';
import { isOutOfFiles } from '@torchweave/kernel';
import { lookup as systemLookup } from 'node:dns';
import type { IncomingMessage } from 'node:http';
import { isIP, type LookupFunction } from 'node:net';
import { isPublicAddress } from './address-rule.js';
import type { AllowList } from './allow-list.js';
import { parseArchiveUrl } from './archive-url.js';
import { AddressRefusedError, checkedLookup } from './checked-lookup.js';
import { get } from './http-exchange.js';
import { limitBytes } from './limit-bytes.js';
import { transferFailure } from './transfer-failure.js';

export interface HttpOptions {
  /** Whether hosts may lie in private networks; one that the allow-list spells out always may. */
  readonly allowPrivateAddresses: boolean;
  readonly maxArchiveBytes: number;
  /** ms for looking a host up and connecting to it. */
  readonly connectTimeoutMs: number;
  /** ms for the whole transfer, redirects included. */
  readonly totalTimeoutMs: number;
  readonly maxRedirects: number;
  /** How host names are resolved (default: as the system does). */
  readonly lookup?: LookupFunction;
}

/**
 * One transfer, over all its redirects, with its time limit.
 *
 * Held by its timer: what `AbortSignal.any` makes of a time limit may be collected as garbage before that is over.
 */
class Transfer {
  private readonly cancellation = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly cancel = (): void => this.cancellation.abort();
  isLate = false;

  constructor(
    /** As the client gave it. */
    readonly url: string,
    /** The caller's. */
    readonly signal: AbortSignal,
    limitMs: number,
  ) {
    this.timer = setTimeout(() => {
      this.isLate = true;
      this.cancel();
    }, limitMs).unref();
    signal.addEventListener('abort', this.cancel, { once: true });
  }

  /** The caller's or the time limit's. */
  get limit(): AbortSignal {
    return this.cancellation.signal;
  }

  end(): void {
    clearTimeout(this.timer);
    this.signal.removeEventListener('abort', this.cancel);
  }
}

const redirectStatuses = new Set([301, 302, 303, 307, 308]);

const failed = (url: string, reason: string, cause?: unknown): TorchweaveError =>
  isOutOfFiles(cause)
    ? new TorchweaveError('openFilesExhausted', { retryAfterSeconds: 1 }, { cause })
    : new TorchweaveError('downloadFailed', { url, reason }, { cause });

/** Archives over http and https. Redirects are followed by hand: each hop is checked as the first was. */
export class HttpArchives {
  constructor(
    private readonly options: HttpOptions,
    private readonly allowList: AllowList,
  ) {}

  /**
   * @throws TorchweaveError `urlNotAllowed`, `addressNotAllowed`, `downloadFailed`, `archiveTooLarge`; the signal's reason
   * when it is aborted.
   */
  async open(url: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    signal.throwIfAborted();
    const transfer = new Transfer(url, signal, this.options.totalTimeoutMs);
    try {
      return await this.follow(transfer);
    } catch (error) {
      transfer.end();
      throw error;
    }
  }

  private async follow(transfer: Transfer): Promise<AsyncIterable<Uint8Array>> {
    const { url } = transfer;
    let next = url;
    for (let redirects = 0; redirects <= this.options.maxRedirects; redirects += 1) {
      if (!this.allowList.allows(next)) throw new TorchweaveError('urlNotAllowed', { url });
      const target = parseArchiveUrl(next, url);
      const answer = await this.get(target, next, transfer);
      if (!redirectStatuses.has(answer.statusCode ?? 0)) return this.read(answer, transfer);
      answer.destroy();
      next = redirectOf(answer, target, url);
    }
    throw failed(url, `there were more than ${this.options.maxRedirects} redirects`);
  }

  private async get(target: URL, url: string, transfer: Transfer): Promise<IncomingMessage> {
    const { allowPrivateAddresses, connectTimeoutMs, lookup = systemLookup as LookupFunction } = this.options;
    const host = target.hostname.replace(/^\[|\]$/g, '');
    const isOpen = allowPrivateAddresses || this.allowList.namesHost(url, target.hostname);
    const isAllowed = (address: string): boolean => isOpen || isPublicAddress(address);
    // An address in the URL is connected to without a look-up.
    if (isIP(host) !== 0 && !isAllowed(host))
      throw new TorchweaveError('addressNotAllowed', { url: transfer.url, host });
    try {
      const checked = checkedLookup(lookup, isAllowed);
      return await get({ target, lookup: checked, connectTimeoutMs, signal: transfer.limit });
    } catch (error) {
      throw explain(error, transfer);
    }
  }

  private read(answer: IncomingMessage, transfer: Transfer): AsyncIterable<Uint8Array> {
    const { url } = transfer;
    const { maxArchiveBytes: maxBytes } = this.options;
    const announced = Number(answer.headers['content-length'] ?? 0);
    if (answer.statusCode === 200 && announced <= maxBytes) {
      return readBody(answer, limitBytes(answer, url, maxBytes), transfer);
    }
    answer.destroy();
    if (answer.statusCode !== 200) throw failed(url, `the server answered ${answer.statusCode ?? 0}`);
    throw new TorchweaveError('archiveTooLarge', { url, limitBytes: maxBytes });
  }
}

async function* readBody(
  answer: IncomingMessage,
  body: AsyncIterable<Uint8Array>,
  transfer: Transfer,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw explain(error, transfer);
  } finally {
    transfer.end();
    answer.destroy();
  }
}

function redirectOf(answer: IncomingMessage, from: URL, given: string): string {
  const { location } = answer.headers;
  if (typeof location !== 'string' || !URL.canParse(location, from.href))
    throw failed(given, 'it redirects to nowhere');
  const to = new URL(location, from);
  if (!/^https?:$/.test(to.protocol)) throw failed(given, 'it redirects to another scheme');
  return to.href;
}

function explain(error: unknown, { url, signal, isLate }: Transfer): unknown {
  if (isTorchweaveError(error)) return error;
  if (signal.aborted) return signal.reason;
  if (isLate) return failed(url, 'it took too long', error);
  if (error instanceof AddressRefusedError) {
    return new TorchweaveError('addressNotAllowed', { url, host: error.host }, { cause: error });
  }
  return failed(url, transferFailure(error), error);
}
