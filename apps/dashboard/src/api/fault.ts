/** Why a call had no answer that can be shown. */
export interface Fault {
  /** `missing`: this server has no such endpoint. `signIn`: it wants a key. `unreachable`: nothing answered. */
  readonly kind: 'missing' | 'signIn' | 'unreachable' | 'refused';
  readonly status: number;
  readonly errorCode: string;
  readonly message: string;
}

/** Either what was asked for or why not. */
export type Outcome<T> = { readonly value: T } | { readonly fault: Fault };

/** 404s that speak of the path itself, not of what it names. */
const unknownPaths = ['unknownRoute', 'resourceNotFound'];

/** Reads an error answer, which may be of a proxy between and no JSON. */
export function faultOf(status: number, body: unknown): Fault {
  const { message, errorCode } = typeof body === 'object' && body !== null ? (body as Partial<Fault>) : {};
  const code = typeof errorCode === 'string' ? errorCode : '';
  const kind =
    status === 401 ? 'signIn' : status === 404 && (code === '' || unknownPaths.includes(code)) ? 'missing' : 'refused';
  const sentence =
    typeof message === 'string' && message !== '' ? message : `The server answered with status ${status}.`;
  return { kind, status, errorCode: code, message: sentence };
}

/** Nothing came back: the server is away, or the way to it. */
export const unreachable: Fault = {
  kind: 'unreachable',
  status: 0,
  errorCode: '',
  message: 'The server does not answer. Is the api running, and can this machine reach it?',
};
