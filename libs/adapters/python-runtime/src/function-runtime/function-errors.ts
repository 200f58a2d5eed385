import type { FunctionUnit } from '@torchweave/application';
import { placed, TorchweaveError } from '@torchweave/domain';
import { isOutOfFiles } from '@torchweave/kernel';
import { CallFailure } from '../pool/call-failure.js';
import { ProcessLoadError } from '../processes/python-process.js';

/** A failed call as the port tells it. */
export function callError(functionName: string, thrown: unknown): TorchweaveError {
  if (!(thrown instanceof CallFailure)) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return new TorchweaveError('nodeFailed', { node: functionName, attempts: 1, reason }, { cause: thrown });
  }
  const { status, answer, reason } = thrown;
  const at = placed(thrown.place);
  if (status !== undefined) {
    return new TorchweaveError(
      'nodeRaised',
      { node: functionName, status, message: answer ?? reason, ...at },
      { cause: thrown },
    );
  }
  const cause = thrown.cause ?? thrown;
  return new TorchweaveError('nodeFailed', { node: functionName, attempts: 1, reason, ...at }, { cause });
}

/** A unit that does not load as the port tells it; where no function is at fault, by the first one's name. */
export function loadError(unit: FunctionUnit, thrown: unknown): TorchweaveError {
  if (isOutOfFiles(thrown))
    return new TorchweaveError('openFilesExhausted', { retryAfterSeconds: 1 }, { cause: thrown });
  const failure = thrown instanceof ProcessLoadError ? thrown : undefined;
  const functionName = failure?.functionName ?? unit.functions[0]?.name ?? '';
  const reason = failure?.reason ?? (thrown instanceof Error ? thrown.message : String(thrown));
  const raised = failure?.isRaised === true ? { isRaised: true } : {};
  const data = { functionName, file: unit.handlerFile, reason, ...raised, ...placed(failure?.place) };
  const code = failure?.isFromOutside === true ? 'functionProcessLost' : 'functionLoadFailed';
  return new TorchweaveError(code, data, { cause: thrown });
}
