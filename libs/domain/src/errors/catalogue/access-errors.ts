import type { CatalogueArea } from './entry.js';

/** Who may not do what was asked. The data that each carries, by code. */
export interface AccessErrors {
  unauthorized: { reason: 'missing' | 'invalid' | 'expired' };
  /** `wanted`: the rights any one of which the request needs. */
  forbidden: { wanted: readonly string[] };
  hostNotAllowed: { host: string };
  originNotAllowed: { origin: string };
  /** A cookie is for the pages of the server alone. */
  foreignSignIn: Record<never, never>;
  signInsLimited: { retryAfterSeconds: number };
  keyNotRenewed: { reason: string; retryAfterSeconds: number };
}

export const accessErrors: CatalogueArea<AccessErrors> = {
  unauthorized: {
    type: 'InvalidKeyException',
    status: 401,
    message: () =>
      'Token Authorization failed. Token either incorrect, expired, or not provided correctly (Authorization: Bearer KEY).',
  },
  forbidden: {
    type: 'ForbiddenException',
    status: 403,
    message: (d) => `The key is valid, but not for this: it needs the right to ${d.wanted.join(' or ')}.`,
  },
  hostNotAllowed: {
    type: 'ForbiddenException',
    status: 403,
    message: (d) =>
      `This server is not known as "${d.host}", and asks for no keys. Ask for it by its address, name that host in ` +
      'allowed_hosts, or have it ask for keys (--key-file).',
  },
  originNotAllowed: {
    type: 'ForbiddenException',
    status: 403,
    message: (d) =>
      `A web page of another origin (${d.origin}) may not use this server, which asks for no keys. Name its origin in ` +
      'cors_allowed_origin (* is for the inference API alone), or have the server ask for keys (--key-file).',
  },
  foreignSignIn: {
    type: 'ForbiddenException',
    status: 403,
    message: () =>
      'Only the page of this server signs in here. Programs send their key with each request (Authorization: Bearer KEY).',
  },
  signInsLimited: {
    type: 'TooManyRequestsException',
    status: 429,
    message: (d) => `Too many sign-ins had a wrong key. Try again in ${d.retryAfterSeconds} s.`,
  },
  keyNotRenewed: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: () => 'The key cannot be renewed now: the key file cannot be written. The server log names the cause.',
  },
};
