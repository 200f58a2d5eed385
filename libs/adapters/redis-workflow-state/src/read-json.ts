/** What a text of Redis holds, taken at its word; undefined for what is no object: others may write there, and it must end nobody. */
export function objectIn<T extends object>(text: string | null): T | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}
