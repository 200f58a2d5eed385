import { isScalar, type Node } from 'yaml';

/** What two keys of a mapping have in common where they are the same key: `1` is neither `"1"` nor `1.0`. */
export function keyIdentity(key: Node | null): unknown {
  if (!isScalar(key)) return key;
  const { value, format } = key;
  return typeof value === 'string' ? `text ${value}` : `${format ?? typeof value} ${String(value)}`;
}
