import type { InferenceOptions, ModelInference } from '@torchweave/application';
import type { NodeInput, NodeOutput } from '@torchweave/domain';
import { headerValue, type HttpRequest } from '@torchweave/http-exchange';
import { releaseOf } from '@torchweave/kernel';

import { refusedInference } from './error-mapping.js';
import type { HttpClient } from './http-client.js';
import { multipartBody } from './multipart.js';
import { forwardedHeaders } from './request-headers.js';

const healthTimeoutMs = 2_000;
const largestPing = 65_536;

export interface InferenceApiOptions {
  readonly endpoint: string;
  readonly maxResponseBytes: number;
  /** Whether a model sees the client's Authorization; false where a key of our own stands there. */
  readonly forwardsAuthorization: boolean;
}

/** TorchServe's inference API (http/api/rest/InferenceRequestHandler.java). */
export class InferenceApi implements ModelInference {
  /** @param healthClient has connections of its own: a check must not wait behind the inferences under way. */
  constructor(
    private readonly client: HttpClient,
    private readonly healthClient: HttpClient,
    private readonly options: InferenceApiOptions,
  ) {}

  async infer(
    name: string,
    input: NodeInput,
    { requestId, headers, timeoutMs, signal, isBatched = false }: InferenceOptions,
  ): Promise<NodeOutput> {
    const forwarded = forwardedHeaders(requestId, headers, this.options.forwardsAuthorization);
    const answer = await this.client.request(predictionRequest(name, input, forwarded), {
      timeoutMs,
      signal,
      maxAnswerBytes: this.options.maxResponseBytes,
    });
    const { status, body, contentType, waitedMs } = answer;
    if (status < 200 || status > 299) throw refusedInference(this.options.endpoint, answer, isBatched);
    const release = releaseOf(body);
    return contentType === undefined
      ? { value: body, waitedMs, release }
      : { value: body, contentType, waitedMs, release };
  }

  /** Whether `/ping` answers 200 within 2 s. Never rejects. */
  async isHealthy(signal: AbortSignal): Promise<boolean> {
    const limits = { timeoutMs: healthTimeoutMs, signal, maxAnswerBytes: largestPing };
    try {
      const { status } = await this.healthClient.request({ method: 'GET', path: '/ping', headers: [] }, limits);
      return status === 200;
    } catch {
      return false;
    }
  }
}

/**
 * The request that makes a handler see `input`: TorchServe names a plain body `body`, and reads the fields of a form.
 * An empty URL-encoded form is its way to say "no field".
 */
export function predictionRequest(name: string, input: NodeInput, headers: string[]): HttpRequest {
  const path = `/predictions/${encodeURIComponent(name)}`;
  const [first] = input;
  if (first === undefined) {
    headers.push('content-type', 'application/x-www-form-urlencoded');
    return { method: 'POST', path, headers };
  }
  if (input.length === 1 && first.name === 'body' && !isForm(first.contentType)) {
    headers.push('content-type', headerValue(first.contentType ?? 'application/octet-stream'));
    return { method: 'POST', path, headers, body: first.value };
  }
  const form = multipartBody(input);
  headers.push('content-type', form.contentType);
  return { method: 'POST', path, headers, body: form.chunks };
}

/** True for a content type under which TorchServe would take a plain body apart into fields. */
function isForm(contentType: string | undefined): boolean {
  return (
    contentType !== undefined && /^\s*(multipart\/form-data|application\/x-www-form-urlencoded)/i.test(contentType)
  );
}
