/** `warn`: it works, with something to know of; `fail`: a server would not start or not serve. */
export type Level = 'ok' | 'warn' | 'fail';

/** What one check has found. */
export interface Finding {
  readonly level: Level;
  /** What was checked. */
  readonly subject: string;
  readonly message: string;
  /** What to do about it; absent where all is well. */
  readonly remedy?: string;
}

export const ok = (subject: string, message: string): Finding => ({ level: 'ok', subject, message });

export const warning = (subject: string, message: string, remedy: string): Finding => ({
  level: 'warn',
  subject,
  message,
  remedy,
});

export const failure = (subject: string, message: string, remedy: string): Finding => ({
  level: 'fail',
  subject,
  message,
  remedy,
});
