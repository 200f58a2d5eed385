import type { Logger } from '@torchweave/application';
import { vi } from 'vitest';

export interface LogEvent {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly data: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** A logger whose events can be waited for. */
export class RecordingLogger implements Logger {
  readonly events: LogEvent[] = [];

  readonly debug = this.recorder('debug');
  readonly info = this.recorder('info');
  readonly warn = this.recorder('warn');
  readonly error = this.recorder('error');

  child(): Logger {
    return this;
  }

  /** Resolves to the first event, past or to come, with this message. */
  event(message: string | RegExp): Promise<LogEvent> {
    return vi.waitFor(() => {
      const found = this.events.find((event) =>
        typeof message === 'string' ? event.message === message : message.test(event.message),
      );
      if (found === undefined) throw new Error(`no log event ${message}`);
      return found;
    }, 10_000);
  }

  private recorder(level: LogEvent['level']) {
    return (data: object, message: string): void => {
      this.events.push({ level, data: { ...data }, message });
    };
  }
}
