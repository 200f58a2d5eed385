import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { roles, type Permission, type RenewableKey } from './permission.js';

const instant = z.string().refine((text) => !Number.isNaN(Date.parse(text)), { message: 'must be an ISO 8601 time' });
const key = z.string().min(8);
const expiringKey = z.looseObject({ key, 'expiration time': instant });
const namedKey = z.looseObject({
  name: z.string().min(1),
  role: z.enum(roles),
  sha256: z.string().regex(/^[0-9a-f]{64}$/i),
  expires: instant.optional(),
});

/** TorchServe's `key_file.json`, and `keys`: any number of further keys, each with a name and a role, told by their hash alone. */
const keyDocument = z.looseObject({
  management: expiringKey.optional(),
  inference: expiringKey.optional(),
  API: z.looseObject({ key }).optional(),
  keys: z.array(namedKey).default([]),
});

export type KeyDocument = z.infer<typeof keyDocument>;

/** A key as requests are checked against it. */
export interface AccessKey {
  /** By which a log tells whose it is. */
  readonly name: string;
  /** sha-256 of the key. */
  readonly digest: Buffer;
  readonly permissions: readonly Permission[];
  /** ms since 1970; absent for a key that does not expire. */
  readonly expiresAt?: number;
}

/**
 * Reads the text of a key file.
 *
 * @throws Error that says where the fault is and quotes nothing of the file: it may be a key.
 */
export function parseKeyDocument(text: string): KeyDocument {
  const result = keyDocument.safeParse(parseJson(text));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Error(`${issue?.path.join('.') || 'the whole'} is not valid: ${issue?.message ?? 'unknown fault'}`);
}

/** The engine's own words for broken JSON would quote it. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('it is not JSON');
  }
}

export const formatKeyDocument = (document: KeyDocument): string => `${JSON.stringify(document, null, 2)}\n`;

/** A document with keys that nobody has seen yet. */
export function freshKeyDocument(expiresAt: Date): KeyDocument {
  const expiring = { 'expiration time': expiresAt.toISOString() };
  return {
    management: { key: randomKey(), ...expiring },
    inference: { key: randomKey(), ...expiring },
    API: { key: randomKey() },
    keys: [],
  };
}

/** The document with one key replaced by a fresh one. */
export function renewKey(document: KeyDocument, kind: RenewableKey, expiresAt: Date): KeyDocument {
  return { ...document, [kind]: { key: randomKey(), 'expiration time': expiresAt.toISOString() } };
}

/** Every key of the document with what it allows. */
export function accessKeysOf({ management, inference, API, keys }: KeyDocument): AccessKey[] {
  const found: AccessKey[] = [];
  if (management !== undefined) found.push(expiring('management', management, ['read', 'register']));
  if (inference !== undefined) found.push(expiring('inference', inference, ['predict']));
  if (API !== undefined) found.push({ name: 'API', digest: digestOf(API.key), permissions: ['renew'] });
  for (const { name, role, sha256, expires } of keys) {
    const permissions: Permission[] = role === 'register' ? ['read', 'register'] : [role];
    const expiry = expires === undefined ? {} : { expiresAt: Date.parse(expires) };
    found.push({ name, digest: Buffer.from(sha256, 'hex'), permissions, ...expiry });
  }
  return found;
}

export const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

const randomKey = (): string => randomBytes(32).toString('base64url');

function expiring(name: string, entry: z.infer<typeof expiringKey>, permissions: readonly Permission[]): AccessKey {
  return { name, digest: digestOf(entry.key), permissions, expiresAt: Date.parse(entry['expiration time']) };
}
