import type { OutgoingHttpHeaders } from 'node:http';
import type { Settings } from '../config/settings/settings.js';

export type CorsSettings = Pick<Settings, 'corsAllowedOrigin' | 'corsAllowedMethods' | 'corsAllowedHeaders'>;

const plainOrigin = (origin: string): string => origin.toLowerCase().replace(/\/$/, '');

/** What TorchServe's `cors_*` settings say of the pages of other origins. */
export class Cors {
  private readonly named: ReadonlySet<string>;
  private readonly areSeveral: boolean;
  /** As TorchServe sends them: each that is set, on every answer. */
  private readonly always: OutgoingHttpHeaders;
  /** Whether the page of any origin is meant. */
  readonly isForAll: boolean;

  private constructor({ corsAllowedOrigin: origin, corsAllowedMethods, corsAllowedHeaders }: CorsSettings) {
    const entries = origin.split(',').map((entry) => entry.trim());
    this.isForAll = entries.includes('*');
    this.named = new Set(entries.filter((entry) => URL.canParse(entry)).map(plainOrigin));
    const [only = ''] = entries;
    this.areSeveral = entries.length > 1 && !this.isForAll;
    const allowed = this.isForAll ? '*' : this.areSeveral ? '' : only;
    this.always = {
      ...(allowed === '' ? {} : { 'access-control-allow-origin': allowed }),
      ...(corsAllowedMethods === '' ? {} : { 'access-control-allow-methods': corsAllowedMethods }),
      ...(corsAllowedHeaders === '' ? {} : { 'access-control-allow-headers': corsAllowedHeaders }),
    };
  }

  /** Undefined where none of the settings is set. */
  static of(settings: CorsSettings): Cors | undefined {
    const { corsAllowedOrigin, corsAllowedMethods, corsAllowedHeaders } = settings;
    return `${corsAllowedOrigin}${corsAllowedMethods}${corsAllowedHeaders}` === '' ? undefined : new Cors(settings);
  }

  /** Whether the settings spell the origin out. */
  names(origin: string | undefined): boolean {
    return origin !== undefined && this.named.has(plainOrigin(origin));
  }

  /** Whether pages of the origin may call, as far as these settings go. */
  admits(origin: string | undefined): boolean {
    return this.isForAll || this.names(origin);
  }

  /** What an answer to a request of that origin carries. */
  headersFor(origin: string | undefined): OutgoingHttpHeaders {
    // A browser takes one origin alone: of several it is told its own.
    if (!this.areSeveral) return this.always;
    const own = this.names(origin) ? { 'access-control-allow-origin': origin } : {};
    return { ...this.always, ...own, vary: 'Origin' };
  }
}
