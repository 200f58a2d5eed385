import type { SessionStore } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { AccessKeys, KeyCheck } from './access-keys.js';
import type { AccessKey } from './key-document.js';
import type { Permission } from './permission.js';

/** The cookie in which a browser keeps a session. */
const cookieName = 'torchweave-session';

/** ms after which whoever has signed in does so again: a shift. */
const lifeMs = 12 * 3_600_000;

/** Whoever has signed in, and what their key lets them do on the page. */
export interface SignedIn {
  readonly holder: string;
  readonly permission: 'read' | 'register';
}

export interface PageSessionsOptions {
  readonly store: SessionStore;
  readonly keys: AccessKeys;
  /** Whether sessions are for looking alone, whatever their keys. */
  readonly isReadOnly: boolean;
}

/** The session in a request's `Cookie` header. */
export function sessionTokenIn(cookies: string | undefined): string | undefined {
  if (cookies === undefined) return undefined;
  return new RegExp(`(?:^|; *)${cookieName}=([\\w-]{43})(?:;|$)`).exec(cookies)?.[1];
}

/**
 * The cookie that has a browser keep a session, or forget it without one: no script reads it, and no other site's page has it sent.
 *
 * @param isSecure whether the browser came by TLS, and is to send it by nothing else.
 */
export function sessionCookie(token: string | undefined, isSecure: boolean): string {
  const attributes = ['Path=/', 'HttpOnly', 'SameSite=Strict', `Max-Age=${token === undefined ? 0 : lifeMs / 1_000}`];
  return [`${cookieName}=${token ?? ''}`, ...attributes, ...(isSecure ? ['Secure'] : [])].join('; ');
}

/**
 * Sessions of the operator's page: a random token in a cookie stands for a key. What is stored of it is two digests: neither tells the
 * token, the key or the key's own digest. A session is worth what its key is worth at that moment, and ends with it.
 */
export class PageSessions {
  constructor(private readonly options: PageSessionsOptions) {}

  /** Begins a session of whoever shows a key that may at least look. @returns its token, or why there is none. */
  async begin(key: string): Promise<({ readonly token: string } & SignedIn) | { readonly refusal: TorchweaveError }> {
    const { store, keys } = this.options;
    const authorization = `Bearer ${key}`;
    const { refusal } = keys.check(authorization, ['read']);
    if (refusal !== undefined) return { refusal };
    const token = randomBytes(32).toString('base64url');
    const digest = createHash('sha256').update(key).digest();
    const proof = proofOf(token, digest);
    await store.put(idOf(token), proof.toString('base64url'), lifeMs);
    const signedIn = this.signedInBy(byProof(token, proof));
    return signedIn === undefined ? { refusal: unauthorized() } : { token, ...signedIn };
  }

  /** Whose session it is; undefined for one that has ended. */
  async find(token: string): Promise<SignedIn | undefined> {
    const proof = await this.proofOf(token);
    return proof === undefined ? undefined : this.signedInBy(byProof(token, proof));
  }

  /** Whether the session lets its holder do what any of the permissions is for. */
  async check(token: string, wanted: readonly Permission[]): Promise<KeyCheck> {
    const proof = await this.proofOf(token);
    if (proof === undefined) return { refusal: unauthorized() };
    const isShown = byProof(token, proof);
    const { isReadOnly, keys } = this.options;
    if (!isReadOnly || wanted.includes('read')) return keys.checkEach(isShown, wanted);
    const { holder, refusal } = keys.checkEach(isShown, ['read']);
    const named = holder === undefined ? {} : { holder };
    return { ...named, refusal: refusal ?? new TorchweaveError('forbidden', { wanted }) };
  }

  async end(token: string): Promise<void> {
    await this.options.store.remove(idOf(token));
  }

  private async proofOf(token: string): Promise<Buffer | undefined> {
    const proof = await this.options.store.find(idOf(token));
    return proof === undefined ? undefined : Buffer.from(proof, 'base64url');
  }

  private signedInBy(isShown: (key: AccessKey) => boolean): SignedIn | undefined {
    const { keys, isReadOnly } = this.options;
    const { holder, refusal } = keys.checkEach(isShown, ['read']);
    if (refusal !== undefined || holder === undefined) return undefined;
    const mayAct = !isReadOnly && keys.checkEach(isShown, ['register']).refusal === undefined;
    return { holder, permission: mayAct ? 'register' : 'read' };
  }
}

const unauthorized = (): TorchweaveError<'unauthorized'> => new TorchweaveError('unauthorized', { reason: 'invalid' });

const idOf = (token: string): string => createHash('sha256').update(token).digest('base64url');

const proofOf = (token: string, keyDigest: Buffer): Buffer =>
  createHash('sha256').update(`${token}\n`).update(keyDigest).digest();

const byProof =
  (token: string, proof: Buffer) =>
  ({ digest }: AccessKey): boolean => {
    const own = proofOf(token, digest);
    return own.length === proof.length && timingSafeEqual(own, proof);
  };
