/** Structured logging: one event a call, the data first. */
export interface Logger {
  debug(data: object, message: string): void;
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
  error(data: object, message: string): void;
  /** A logger whose every event carries `bindings`. */
  child(bindings: object): Logger;
}

/** For tests and tools that have nobody to tell. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};
