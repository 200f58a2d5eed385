import type { Logger, Tracing } from '@torchweave/application';
import type { RedisLink } from '@torchweave/redis-client';
import type { Settings } from './config/settings/settings.js';
import type { Monitoring } from './metrics/monitoring.js';

/** What every app is started with. */
export interface AppOptions {
  readonly settings: Settings;
  readonly redis: RedisLink;
  readonly logger: Logger;
  /** Shared by the apps of one process. */
  readonly monitoring: Monitoring;
  /** Of the process; absent where nothing is traced. */
  readonly tracing?: Tracing | undefined;
}

/** An app that serves. */
export interface RunningApp {
  /** `http://host:port` where the app listens. */
  readonly address?: string;
  /** What to say of an app that is several in one. */
  readonly summary?: string;
  /** Takes nothing new, finishes what is under way, and ends. */
  close(): Promise<void>;
}
