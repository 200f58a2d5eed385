import { Agent, fetch, type Response } from 'undici';
import { CliError } from '../output/cli-error.js';
import { fetchFailureReason } from './fetch-failure.js';
import { refusalOf } from './refusal.js';

export interface ApiClientOptions {
  /** What the API is, for the sentence that tells that it is not there. */
  readonly api: 'management' | 'inference';
  readonly baseUrl: string;
  readonly token?: string | undefined;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With a leading slash, parts encoded. */
  readonly path: string;
  /** What is undefined is left out. */
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** What comes in pieces is sent as it comes. */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>;
}

/** An answer with a status of 200 to 299. */
export interface ApiAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

/** One HTTP API of a Torchweave. */
export class ApiClient {
  // A prediction may take as long as its workflow allows: the server has the deadlines.
  private readonly agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });

  constructor(private readonly options: ApiClientOptions) {}

  /** @throws CliError with the server's sentence, or one that says that the server cannot be reached. */
  async request(request: ApiRequest): Promise<ApiAnswer> {
    const response = await this.send(request);
    const body = new Uint8Array(await response.arrayBuffer().catch((error: unknown) => this.unreachable(error)));
    if (!response.ok) throw refusalOf(response.status, body);
    return { status: response.status, contentType: response.headers.get('content-type') ?? undefined, body };
  }

  /** Closes the connections, so that nothing keeps the process up. */
  close(): Promise<void> {
    return this.agent.close();
  }

  private async send({ method, path, query = {}, headers = {}, body }: ApiRequest): Promise<Response> {
    const url = this.urlOf(path);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    const { token } = this.options;
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    try {
      return await fetch(url, {
        method,
        headers: { ...headers, ...authorization },
        ...(body === undefined ? {} : { body, duplex: 'half' as const }),
        dispatcher: this.agent,
      });
    } catch (error) {
      return this.unreachable(error);
    }
  }

  private urlOf(path: string): URL {
    const { api, baseUrl } = this.options;
    const text = baseUrl.replace(/\/+$/, '') + path;
    if (/^https?:\/\//i.test(baseUrl) && URL.canParse(text)) return new URL(text);
    throw new CliError(`--${api} must be an address such as http://127.0.0.1:8081, not "${baseUrl}".`);
  }

  private unreachable(error: unknown): never {
    const { api, baseUrl } = this.options;
    const message =
      `The ${api} API at ${baseUrl} cannot be reached (${fetchFailureReason(error)}). ` +
      `Start one with "torchweave start", or give the address of another with --${api}.`;
    throw new CliError(message, { cause: error });
  }
}
