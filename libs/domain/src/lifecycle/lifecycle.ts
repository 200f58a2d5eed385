/**
 * A workflow's life.
 *
 * `registering` -> `ready` -> `unregistering` -> gone; a registration that fails goes `registering` -> `undoing` -> gone.
 * Only `ready` is listed, described and served. Every other phase names the operation that owns it, so whoever finds
 * it after a crash knows which job to ask about.
 */
export const phases = ['registering', 'undoing', 'ready', 'unregistering'] as const;
export type Phase = (typeof phases)[number];
