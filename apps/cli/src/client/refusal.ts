import { z } from 'zod';
import { CliError } from '../output/cli-error.js';

/** TorchServe's error object, with the fields by which Torchweave says more. */
export const errorAnswer = z.looseObject({
  code: z.number().optional(),
  type: z.string().optional(),
  message: z.string(),
  reason: z.string().optional(),
  detail: z.string().optional(),
});

export type ErrorAnswer = z.infer<typeof errorAnswer>;

/** The sentence of an error object, and what it adds to it. */
export function refusalFrom(answer: ErrorAnswer): CliError {
  const more = answer.reason ?? answer.detail;
  return new CliError(more === undefined ? answer.message : `${answer.message} (${more})`, { body: answer });
}

/** What a server says with a status that is no success. */
export function refusalOf(status: number, body: Uint8Array): CliError {
  const text = new TextDecoder().decode(body);
  try {
    return refusalFrom(errorAnswer.parse(JSON.parse(text)));
  } catch {
    // A proxy, or something that is no Torchweave.
    const message = `The server answers with status ${status}${text.trim() === '' ? '.' : `: ${text.trim()}`}`;
    return new CliError(message, { body: { code: status, message } });
  }
}
