import { isOutOfFiles, isTorchweaveError, TorchweaveError } from '@torchweave/domain';
import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, request, type Dispatcher } from 'undici';
import { isPublicAddress } from './address-rule.js';
import type { AllowList } from './allow-list.js';
import { parseArchiveUrl } from './archive-url.js';
import { AddressRefusedError, checkedLookup } from './checked-lookup.js';
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

/** One transfer, over all its redirects. */
interface Transfer {
  /** As the client gave it. */
  readonly url: string;
  /** The caller's. */
  readonly signal: AbortSignal;
  /** The caller's or the total time limit's. */
  readonly limit: AbortSignal;
}

const redirectStatuses = new Set([301, 302, 303, 307, 308]);
const headers = { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'torchweave' };

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
    const limit = AbortSignal.any([signal, AbortSignal.timeout(this.options.totalTimeoutMs)]);
    const transfer: Transfer = { url, signal, limit };
    let next = url;
    for (let redirects = 0; redirects <= this.options.maxRedirects; redirects += 1) {
      if (!this.allowList.allows(next)) throw new TorchweaveError('urlNotAllowed', { url });
      const target = parseArchiveUrl(next, url);
      const agent = this.agentFor(target, next, url);
      const answer = await this.get(target, agent, transfer);
      if (!redirectStatuses.has(answer.statusCode)) return this.read(answer, agent, transfer);
      await discard(answer, agent);
      next = redirectOf(answer, target, url);
    }
    throw failed(url, `there were more than ${this.options.maxRedirects} redirects`);
  }

  private agentFor(target: URL, url: string, given: string): Agent {
    const { allowPrivateAddresses, connectTimeoutMs, lookup = systemLookup as LookupFunction } = this.options;
    const host = target.hostname.replace(/^\[|\]$/g, '');
    const isOpen = allowPrivateAddresses || this.allowList.namesHost(url, target.hostname);
    const isAllowed = (address: string): boolean => isOpen || isPublicAddress(address);
    // An address in the URL is connected to without a look-up.
    if (isIP(host) !== 0 && !isAllowed(host)) throw new TorchweaveError('addressNotAllowed', { url: given, host });
    // The transfer has one time limit, its own.
    const timeouts = { headersTimeout: 0, bodyTimeout: 0 };
    return new Agent({
      ...timeouts,
      pipelining: 0,
      connect: { timeout: connectTimeoutMs, lookup: checkedLookup(lookup, isAllowed) },
    });
  }

  private async get(target: URL, agent: Agent, transfer: Transfer): Promise<Dispatcher.ResponseData> {
    try {
      return await request(target, { dispatcher: agent, signal: transfer.limit, headers });
    } catch (error) {
      await agent.destroy();
      throw explain(error, transfer);
    }
  }

  private async read(
    answer: Dispatcher.ResponseData,
    agent: Agent,
    transfer: Transfer,
  ): Promise<AsyncIterable<Uint8Array>> {
    const { url } = transfer;
    const { maxArchiveBytes: maxBytes } = this.options;
    const announced = Number(answer.headers['content-length'] ?? 0);
    if (answer.statusCode === 200 && announced <= maxBytes) {
      // Whoever never reads the body must not see its abort as an uncaught error.
      answer.body.on('error', () => undefined);
      return readBody(limitBytes(answer.body, url, maxBytes), agent, transfer);
    }
    await discard(answer, agent);
    if (answer.statusCode !== 200) throw failed(url, `the server answered ${answer.statusCode}`);
    throw new TorchweaveError('archiveTooLarge', { url, limitBytes: maxBytes });
  }
}

async function* readBody(
  body: AsyncIterable<Uint8Array>,
  agent: Agent,
  transfer: Transfer,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw explain(error, transfer);
  } finally {
    await agent.destroy();
  }
}

async function discard(answer: Dispatcher.ResponseData, agent: Agent): Promise<void> {
  answer.body.on('error', () => undefined).destroy();
  await agent.destroy();
}

function redirectOf(answer: Dispatcher.ResponseData, from: URL, given: string): string {
  const { location } = answer.headers;
  if (typeof location !== 'string' || !URL.canParse(location, from.href))
    throw failed(given, 'it redirects to nowhere');
  const to = new URL(location, from);
  if (!/^https?:$/.test(to.protocol)) throw failed(given, 'it redirects to another scheme');
  return to.href;
}

function explain(error: unknown, { url, signal }: Transfer): unknown {
  if (isTorchweaveError(error)) return error;
  if (signal.aborted) return signal.reason;
  if (error instanceof AddressRefusedError) {
    return new TorchweaveError('addressNotAllowed', { url, host: error.host }, { cause: error });
  }
  return failed(url, transferFailure(error), error);
}
