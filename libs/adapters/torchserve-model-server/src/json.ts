/** A JSON object, as opposed to a list, a plain value or null. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** True for a JSON object. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
