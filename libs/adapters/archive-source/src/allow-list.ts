import { TorchweaveError } from '@torchweave/domain';
import { compileJavaPattern, splitAlternatives } from './java-pattern.js';

/** An alternative that spells its host out: `http(s)?://models\.example\.com(:\d+)?/.*`. */
const spelledHost =
  /^\^?(?:\(\?:)?[a-z()?|]+:(?:\\?\/){2}((?:[\w.-]|\\[.-])+|\\?\[[\da-f:.]+\\?\])(?=[:/]|\\\/|\(:|$)/i;

interface NamedHost {
  readonly host: string;
  readonly pattern: RegExp;
}

function namedHost(alternative: string): NamedHost | undefined {
  const host = spelledHost.exec(alternative)?.[1]?.replaceAll('\\', '').toLowerCase();
  return host === undefined ? undefined : { host, pattern: compileJavaPattern(alternative) };
}

/**
 * TorchServe's `allowed_urls`: Java regular expressions, one of which must match the whole URL, in any case of letters.
 *
 * The expressions are the operator's own and run as they are: one that backtracks without end, `(a+)+b`, can stall a
 * worker.
 */
export class AllowList {
  private readonly patterns: readonly RegExp[];
  private readonly namedHosts: readonly NamedHost[];

  /** @throws TorchweaveError `configurationInvalid` for an entry that cannot be read as a regular expression. */
  constructor(entries: readonly string[]) {
    this.patterns = entries.map((entry) => {
      try {
        return compileJavaPattern(entry);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        const rule = `regular expressions, separated by commas (${reason})`;
        throw new TorchweaveError(
          'configurationInvalid',
          { setting: 'allowed_urls', value: entry, rule },
          { cause: error },
        );
      }
    });
    this.namedHosts = entries.flatMap(splitAlternatives).flatMap((alternative) => namedHost(alternative) ?? []);
  }

  /** True when an entry matches the whole of `url`. */
  allows(url: string): boolean {
    return this.patterns.some((pattern) => pattern.test(url));
  }

  /**
   * True when an entry that matches `url` spells its host out, so that the operator has said of this very host that it
   * may be reached, wherever it is.
   *
   * @param host as the URL parser spells it.
   */
  namesHost(url: string, host: string): boolean {
    return this.namedHosts.some((named) => named.host === host && named.pattern.test(url));
  }
}
