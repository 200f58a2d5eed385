import { readFileSync } from 'node:fs';

/** The keys of a TorchServe with token authorization, for `Authorization: Bearer KEY`. */
export interface TorchServeKeys {
  /** For the management API; expires. */
  readonly management: string;
  /** For the inference API; expires. */
  readonly inference: string;
  /** Renews the other two at `GET /token`; never expires. */
  readonly api: string;
}

/** The keys in TorchServe's key_file.json; undefined while the file is not there or half written. */
export function readKeys(keyFile: string): TorchServeKeys | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(keyFile, 'utf8'));
  } catch {
    return undefined;
  }
  const management = keyOf(parsed, 'management');
  const inference = keyOf(parsed, 'inference');
  const api = keyOf(parsed, 'API');
  return management && inference && api ? { management, inference, api } : undefined;
}

function keyOf(file: unknown, name: string): string | undefined {
  const entry = (file as Record<string, { readonly key?: unknown } | undefined> | null)?.[name];
  return typeof entry?.key === 'string' ? entry.key : undefined;
}
