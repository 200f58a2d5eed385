import type { Logger } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { timingSafeEqual } from 'node:crypto';
import { accessKeysOf, digestOf, freshKeyDocument, renewKey, type AccessKey } from './key-document.js';
import { KeyFile } from './key-file.js';
import type { Permission, RenewableKey } from './permission.js';

export interface AccessKeysOptions {
  /** Path of the key file; created with fresh keys where it is missing. */
  readonly file: string;
  /** min that a new management or inference key is valid. */
  readonly expirationMin: number;
  readonly logger: Logger;
}

/** A key as it is told to whoever asked for it, in the spelling of the key file. */
export interface RenewedKey {
  readonly key: string;
  readonly 'expiration time': string;
}

/** What a request's key is worth. */
export interface KeyCheck {
  /** The name of the key, where there is one. */
  readonly holder?: string;
  /** `unauthorized` without a good key, `forbidden` for one whose right is too small; absent where it is let in. */
  readonly refusal?: TorchweaveError<'unauthorized' | 'forbidden'>;
}

/** ms between two looks whether another process has written the file. */
const lookAgainMs = 1_000;

const bearer = /^Bearer +(\S+) *$/i;
const basic = /^Basic +([\w+/=-]+) *$/i;

/** Whoever may come in, as the key file says. */
export class AccessKeys {
  private keys: readonly AccessKey[];
  private stamp: string | undefined;
  /** What was last told of a file that cannot be read. */
  private told = '';
  private lookedAt = performance.now();

  private constructor(
    private readonly file: KeyFile,
    private readonly options: AccessKeysOptions,
  ) {
    this.stamp = file.stamp;
    this.keys = accessKeysOf(file.read());
  }

  /** @throws TorchweaveError `configurationInvalid` for a file that can be neither read nor created. */
  static open(options: AccessKeysOptions): AccessKeys {
    const file = new KeyFile(options.file);
    try {
      const isNew = file.create(freshKeyDocument(expiryOf(options)));
      const keys = new AccessKeys(file, options);
      if (isNew) options.logger.info({ file: options.file }, 'wrote a key file with fresh keys');
      else if (file.isExposed)
        options.logger.warn({ file: options.file }, 'others may read the key file: chmod 600 it');
      return keys;
    } catch (error) {
      const rule = `a key file that can be read or created (${reasonOf(error)})`;
      throw new TorchweaveError('configurationInvalid', { setting: '--key-file', value: options.file, rule });
    }
  }

  /**
   * Whether the header carries a key that allows any of the permissions. Every key is compared, in a time that tells nothing
   * of it.
   *
   * @param mayBePassword whether it may come as a browser sends it: `Basic`, the key being the password of any user name.
   */
  check(authorization: string | undefined, wanted: readonly Permission[], mayBePassword = false): KeyCheck {
    const given = keyIn(authorization ?? '', mayBePassword);
    if (given === undefined) return { refusal: new TorchweaveError('unauthorized', { reason: 'missing' }) };
    const digest = digestOf(given);
    return this.checkEach((key) => timingSafeEqual(key.digest, digest), wanted);
  }

  /** As {@link check}, of whoever shows by other means which key it is; asked of every key. */
  checkEach(isShown: (key: AccessKey) => boolean, wanted: readonly Permission[]): KeyCheck {
    this.lookAgain();
    const now = Date.now();
    let best: { readonly rank: number; readonly key?: AccessKey } = { rank: 0 };
    for (const key of this.keys) {
      const isThisOne = isShown(key);
      const isValid = key.expiresAt === undefined || key.expiresAt > now;
      const rank = !isThisOne ? 0 : !isValid ? 1 : wanted.some((one) => key.permissions.includes(one)) ? 3 : 2;
      if (rank > best.rank) best = { rank, key };
    }
    const holder = best.key === undefined ? {} : { holder: best.key.name };
    if (best.rank === 3) return holder;
    if (best.rank === 2) return { ...holder, refusal: new TorchweaveError('forbidden', { wanted }) };
    return {
      ...holder,
      refusal: new TorchweaveError('unauthorized', { reason: best.rank === 1 ? 'expired' : 'invalid' }),
    };
  }

  /** As {@link check}: the error to answer with; undefined when the key is good. */
  refusal(
    authorization: string | undefined,
    wanted: readonly Permission[],
    mayBePassword = false,
  ): KeyCheck['refusal'] {
    return this.check(authorization, wanted, mayBePassword).refusal;
  }

  /**
   * Replaces a key in the file; the old one is worth nothing from now on.
   *
   * @throws TorchweaveError `keyNotRenewed`.
   */
  renew(kind: RenewableKey): RenewedKey {
    try {
      const document = this.file.change((current) => renewKey(current, kind, expiryOf(this.options)));
      this.keys = accessKeysOf(document);
      // Another process may have written since: the next look reads the file whatever it is.
      this.stamp = undefined;
      const { key = '', 'expiration time': expiry = '' } = document[kind] ?? {};
      return { key, 'expiration time': expiry };
    } catch (error) {
      throw new TorchweaveError('keyNotRenewed', { reason: reasonOf(error), retryAfterSeconds: 1 });
    }
  }

  /** A file that cannot be read just now changes nothing: keys still expire, and it is read as soon as it can be. */
  private lookAgain(): void {
    if (performance.now() - this.lookedAt < lookAgainMs) return;
    this.lookedAt = performance.now();
    const { file } = this.options;
    try {
      const { stamp } = this.file;
      if (stamp !== undefined && stamp === this.stamp) return;
      this.keys = accessKeysOf(this.file.read());
      // Of before it was read: what was written meanwhile is read again.
      this.stamp = stamp;
      this.told = '';
      this.options.logger.info({ file }, 'the key file has changed');
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === this.told) return;
      this.told = reason;
      this.options.logger.warn({ file, reason }, 'the key file cannot be read; the keys read before stay');
    }
  }
}

function keyIn(authorization: string, mayBePassword: boolean): string | undefined {
  const token = bearer.exec(authorization)?.[1];
  if (token !== undefined || !mayBePassword) return token;
  const credentials = Buffer.from(basic.exec(authorization)?.[1] ?? '', 'base64').toString('utf8');
  return /^[^:]*:(.+)$/s.exec(credentials)?.[1];
}

const expiryOf = ({ expirationMin }: AccessKeysOptions): Date => new Date(Date.now() + expirationMin * 60_000);

/** Never the whole error: it may quote a key. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown fault';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
