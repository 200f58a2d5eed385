import type { InferenceOptions, ModelInference } from '@torchweave/application';
import type { NodeOutput } from '@torchweave/domain';

export const suiteTimeoutMs = 60_000;

/** The signal of a call that nobody gives up. */
export const patience = (): AbortSignal => AbortSignal.timeout(suiteTimeoutMs);

/** The options of an inference that has all the time it needs. */
export const inferenceOptions = (options: Partial<InferenceOptions> = {}): InferenceOptions => ({
  ...{ requestId: 'request-1', headers: {}, timeoutMs: suiteTimeoutMs, signal: patience() },
  ...options,
});

export const textOf = ({ value }: NodeOutput): string => Buffer.from(value).toString('utf8');

/** What a model answers to a body. */
export async function inferText(inference: ModelInference, model: string, body: string): Promise<string> {
  return textOf(await inference.infer(model, [{ name: 'body', value: Buffer.from(body) }], inferenceOptions()));
}
