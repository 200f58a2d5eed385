import { TorchweaveError } from '@torchweave/domain';

/** What of an error goes into the log, besides its type, message and stack. Anything else may hold a secret, as a command's words do. */
const told = ['code', 'errno', 'syscall', 'address', 'port', 'status', 'signal'] as const;
/** Causes of causes. */
const mostCauses = 5;

/** A user and a password in an address. */
const withoutCredentials = (text: string): string => text.replace(/(\w:\/\/)[^\s/@]*@/g, '$1…@');

/** An error as the log tells it. */
export function tellError(error: unknown, causes = mostCauses): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  const fields = told.filter((field) => field in error).map((field) => [field, error[field as never] as unknown]);
  return {
    type: name,
    message: withoutCredentials(message),
    ...(stack === undefined ? {} : { stack: withoutCredentials(stack) }),
    ...Object.fromEntries(fields),
    ...(error instanceof TorchweaveError ? { data: error.data as unknown } : {}),
    ...(cause === undefined || causes === 0 ? {} : { cause: tellError(cause, causes - 1) }),
  };
}
