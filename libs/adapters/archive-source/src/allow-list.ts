import { TorchweaveError } from '@torchweave/domain';

const isUrl = /^(https?|file):\/\//i;

/** True for what TorchServe takes for a URL (`ArchiveUtils.isValidURL`); anything else names a file of the store. */
export const looksLikeUrl = (text: string): boolean => isUrl.test(text);

/** TorchServe's `allowed_urls`: regular expressions that must match the whole URL, in any case of letters. */
export class AllowList {
  private readonly patterns: readonly RegExp[];

  /**
   * The expressions are the operator's own: one that backtracks without end can stall a worker.
   *
   * @throws TorchweaveError `configurationInvalid` for an entry that is no regular expression.
   */
  constructor(private readonly entries: readonly string[]) {
    this.patterns = entries.map((entry) => {
      try {
        return new RegExp(`^(?:${entry})$`, 'i');
      } catch (error) {
        const rule = 'regular expressions separated by commas';
        throw new TorchweaveError('configurationInvalid', { setting: 'allowed_urls', value: entry, rule }, { cause: error });
      }
    });
  }

  /** @throws TorchweaveError `urlNotAllowed`. */
  assertAllowed(url: string, given = url): void {
    if (!this.patterns.some((pattern) => pattern.test(url))) throw new TorchweaveError('urlNotAllowed', { url: given });
  }

  /** True when an entry that matches `url` spells its host out, rather than matching any host. */
  namesHost(url: string, host: string): boolean {
    const spelled = host.toLowerCase();
    return this.entries.some((entry, i) => {
      const literal = entry.toLowerCase().replaceAll('\\', '');
      return literal.includes(`//${spelled}`) && this.patterns[i]?.test(url) === true;
    });
  }
}
