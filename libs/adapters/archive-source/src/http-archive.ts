import { TorchweaveError } from '@torchweave/domain';
import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, request, type Dispatcher } from 'undici';
import { isPublicAddress } from './address-rule.js';
import type { AllowList } from './allow-list.js';
import { limitBytes } from './limit-bytes.js';

export interface HttpArchiveOptions {
  readonly allowList: AllowList;
  readonly allowPrivateAddresses: boolean;
  readonly maxArchiveBytes: number;
  /** ms. */
  readonly connectTimeoutMs: number;
  /** ms for the whole download. */
  readonly totalTimeoutMs: number;
  readonly maxRedirects: number;
  /** How names are resolved (default: the system's way); tests give their own. */
  readonly lookup?: LookupFunction;
}

const redirects = new Set([301, 302, 303, 307, 308]);

/** Thrown inside a look-up, to be told apart from a failed connection. */
class PrivateAddressError extends Error {
  constructor(readonly host: string) {
    super(`${host} has no public address`);
  }
}

/** Resolves once; only addresses that pass the rule are handed to the connection, so there is no second look-up. */
function checkedLookup(isAllowed: (address: string) => boolean, lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      const addresses = Array.isArray(found) ? found : ([] as LookupAddress[]);
      const allowed = addresses.filter(({ address }) => isAllowed(address));
      const [first] = allowed;
      if (error !== null || first === undefined) {
        callback(error ?? new PrivateAddressError(hostname), '', 0);
      } else if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

function parseUrl(url: string, given: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined) throw new TorchweaveError('downloadFailed', { url: given, reason: 'the URL is malformed' });
  if (parsed.username !== '' || parsed.password !== '') {
    throw new TorchweaveError('downloadFailed', { url: given, reason: 'the URL holds a user name or password' });
  }
  return parsed;
}

/** Downloads archives over http and https, hop by hop, each hop checked as the first. */
export class HttpArchive {
  constructor(private readonly options: HttpArchiveOptions) {}

  /** @throws TorchweaveError `urlNotAllowed`, `addressNotAllowed`, `downloadFailed`, `archiveTooLarge`. */
  async open(url: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(this.options.totalTimeoutMs)]);
    let next = url;
    for (let hops = 0; hops <= this.options.maxRedirects; hops += 1) {
      this.options.allowList.assertAllowed(next, url);
      const target = parseUrl(next, url);
      const agent = this.agentFor(target, url);
      const answer = await this.get(target, url, agent, limit);
      if (!redirects.has(answer.statusCode)) return this.read(answer, url, agent);
      await answer.body.dump();
      await agent.close();
      const { location } = answer.headers;
      if (typeof location !== 'string') throw this.failed(url, 'it is redirected to nowhere');
      next = URL.canParse(location, next) ? new URL(location, next).href : location;
      if (!/^https?:/i.test(next)) throw this.failed(url, 'it is redirected to another scheme');
    }
    throw this.failed(url, `it is redirected more than ${this.options.maxRedirects} times`);
  }

  private agentFor(target: URL, given: string): Agent {
    const { allowPrivateAddresses, allowList, connectTimeoutMs, lookup = systemLookup as LookupFunction } = this.options;
    const host = target.hostname.replace(/^\[|\]$/g, '');
    const isOpen = allowPrivateAddresses || allowList.namesHost(target.href, target.hostname);
    const isAllowed = (address: string): boolean => isOpen || isPublicAddress(address);
    // An address in the URL is connected to without a look-up.
    if (isIP(host) !== 0 && !isAllowed(host)) throw new TorchweaveError('addressNotAllowed', { url: given, host });
    return new Agent({
      connections: 1,
      pipelining: 0,
      connect: { timeout: connectTimeoutMs, lookup: checkedLookup(isAllowed, lookup) },
    });
  }

  private async get(target: URL, given: string, agent: Agent, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    try {
      const headers = { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'torchweave' };
      return await request(target, { dispatcher: agent, signal, headers });
    } catch (error) {
      await agent.destroy();
      if (error instanceof PrivateAddressError) {
        throw new TorchweaveError('addressNotAllowed', { url: given, host: error.host }, { cause: error });
      }
      throw this.failed(given, reasonOf(error), error);
    }
  }

  private async read(answer: Dispatcher.ResponseData, url: string, agent: Agent): Promise<AsyncIterable<Uint8Array>> {
    const { maxArchiveBytes } = this.options;
    const announced = Number(answer.headers['content-length'] ?? 0);
    if (answer.statusCode === 200 && announced <= maxArchiveBytes) return this.body(answer, url, agent);
    answer.body.on('error', () => undefined).destroy();
    await agent.destroy();
    if (answer.statusCode !== 200) throw this.failed(url, `the server answered ${answer.statusCode}`);
    throw new TorchweaveError('archiveTooLarge', { url, limitBytes: maxArchiveBytes });
  }

  private async *body(answer: Dispatcher.ResponseData, url: string, agent: Agent): AsyncGenerator<Uint8Array> {
    try {
      yield* limitBytes(answer.body as AsyncIterable<Uint8Array>, url, this.options.maxArchiveBytes);
    } catch (error) {
      throw error instanceof TorchweaveError ? error : this.failed(url, reasonOf(error), error);
    } finally {
      await agent.destroy();
    }
  }

  private failed(url: string, reason: string, cause?: unknown): TorchweaveError<'downloadFailed'> {
    return new TorchweaveError('downloadFailed', { url, reason }, { cause });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name cannot be resolved now',
  UND_ERR_CONNECT_TIMEOUT: 'the host did not answer in time',
  UND_ERR_SOCKET: 'the connection was cut off',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the answer was cut off',
};

/** Why a transfer failed, without addresses. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'the transfer failed';
  if (error.name === 'TimeoutError') return 'it took too long';
  if (error.name === 'AbortError') return 'it was given up';
  const code = 'code' in error ? String(error.code) : '';
  return reasons[code] ?? `the transfer failed${code === '' ? '' : ` (${code})`}`;
}
