import type { ValidationError } from '@nestjs/common';
import { shorten, TorchweaveError } from '@torchweave/domain';

/** Characters of a wrong value that are told. */
const shownCharacters = 200;

/** The first fault of a request's parameters; a rule's message is what the parameter must be. */
export function validationError(errors: ValidationError[]): TorchweaveError {
  const [first] = errors;
  if (first === undefined) return new TorchweaveError('bodyMalformed', { reason: 'it has no parameters' });
  const { property: parameter, value, constraints = {} } = first;
  const given: unknown = value;
  if (given === undefined || given === '') return new TorchweaveError('parameterMissing', { parameter });
  // What is no text has no length either: that it must be one is told.
  const rule = constraints['isString'] ?? Object.values(constraints)[0] ?? 'valid';
  return new TorchweaveError('parameterInvalid', { parameter, value: textOf(given), rule });
}

/** Lists and objects are not written out: they may be as large and deep as the body. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return shorten(String(value), shownCharacters);
}
