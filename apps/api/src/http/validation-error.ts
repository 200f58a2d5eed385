import type { ValidationError } from '@nestjs/common';
import { TorchweaveError } from '@torchweave/domain';

/** The first fault of a request's parameters; a rule's message is what the parameter must be. */
export function validationError(errors: ValidationError[]): TorchweaveError {
  const [first] = errors;
  if (first === undefined) return new TorchweaveError('bodyMalformed', { reason: 'it has no parameters' });
  const { property: parameter, value, constraints = {} } = first;
  const given: unknown = value;
  if ('isNotEmpty' in constraints) return new TorchweaveError('parameterMissing', { parameter });
  const rule = Object.values(constraints)[0] ?? 'valid';
  return new TorchweaveError('parameterInvalid', { parameter, value: textOf(given), rule });
}

/** Characters of a value that an error quotes. */
const mostQuoted = 200;

const textOf = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > mostQuoted ? `${text.slice(0, mostQuoted)}…` : text;
};
