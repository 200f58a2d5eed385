import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { roles, type Permission, type RenewableKey } from './permission.js';

/** What each part must be, for whoever wrote it: the library's words are not for people. */
const object = { error: 'must be an object' };
const instantRule = { error: 'must be an ISO 8601 time, such as 2030-01-31T12:00:00Z' };
const instant = z.string(instantRule).refine((text) => !Number.isNaN(Date.parse(text)), instantRule);
const keyRule = { error: 'must be a text of at least 8 characters' };
const key = z.string(keyRule).min(8, keyRule);
const expiringKey = z.looseObject({ key, 'expiration time': instant }, object);
const nameRule = { error: 'must be a text that is not empty' };
const digestRule = { error: 'must be the SHA-256 of a key, 64 hexadecimal digits' };
const namedKey = z.looseObject(
  {
    name: z.string(nameRule).min(1, nameRule),
    role: z.enum(roles, { error: `must be one of ${roles.join(', ')}` }),
    sha256: z.string(digestRule).regex(/^[0-9a-f]{64}$/i, digestRule),
    expires: instant.optional(),
  },
  object,
);

/** TorchServe's `key_file.json`, and `keys`: any number of further keys, each with a name and a role, told by their hash alone. */
const keyDocument = z.looseObject(
  {
    management: expiringKey.optional(),
    inference: expiringKey.optional(),
    API: z.looseObject({ key }, object).optional(),
    keys: z.array(namedKey, { error: 'must be a list' }).default([]),
  },
  object,
);

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

/** A place in the file is told, and may be as long as whoever wrote it wanted. */
const longestPlace = 100;

/**
 * Reads the text of a key file.
 *
 * @throws Error that says where the fault is and quotes nothing of the file: it may be a key.
 */
export function parseKeyDocument(text: string): KeyDocument {
  const result = keyDocument.safeParse(parseJson(text));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.map(String).join('.').slice(0, longestPlace) || 'the whole';
  throw new Error(`${where} is not valid: ${issue?.message ?? 'unknown fault'}`);
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
