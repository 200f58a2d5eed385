import { TorchweaveError } from '@torchweave/domain';

/**
 * What a registration may carry beside its URL: our parameters, and those of TorchServe's registrations, which it ignores
 * for workflows.
 */
const known = new Set([
  ...['url', 'workflow_name', 'synchronous', 'sha256'],
  ...['model_name', 'handler', 'runtime', 'batch_size', 'max_batch_delay', 'initial_workers', 'response_timeout'],
  ...['startup_timeout', 's3_sse_kms', 'min_worker', 'max_worker'],
]);

/**
 * A URL with a query of its own whose `&` are not encoded ends at the first of them. Nobody would find out from the answer of
 * the server that it names, which misses the signature.
 *
 * @throws TorchweaveError `urlCutOff`.
 */
export function refuseCutUrl(parameters: Readonly<Record<string, unknown>>): void {
  const { url } = parameters;
  if (typeof url !== 'string' || !/^https?:\/\/[^?]*\?/i.test(url)) return;
  const parameter = Object.keys(parameters).find((name) => !known.has(name));
  if (parameter !== undefined) throw new TorchweaveError('urlCutOff', { parameter });
}
