import type { KeptQuery, KeptRequest, KeptRequests, KeptSummary } from '@torchweave/application';

/** {@link KeptRequests} in this process, bounded in number alone. */
export class InMemoryKeptRequests implements KeptRequests {
  private readonly shares = new Map<string, readonly KeptRequest[]>();

  /** @param limit requests of one gateway. */
  constructor(private readonly limit = 200) {}

  add(gatewayId: string, requests: readonly KeptRequest[]): Promise<void> {
    this.shares.set(gatewayId, [...(this.shares.get(gatewayId) ?? []), ...requests].slice(-this.limit));
    return Promise.resolve();
  }

  list({ workflow, outcome, search = '', limit }: KeptQuery): Promise<readonly KeptSummary[]> {
    const found = this.newestFirst.filter(
      (each) =>
        (workflow === undefined || each.workflow === workflow) &&
        (outcome === undefined || each.outcome === outcome) &&
        each.id.includes(search),
    );
    return Promise.resolve(found.slice(0, limit).map(({ spans: _, error: __, ...summary }) => summary));
  }

  find(id: string): Promise<KeptRequest | undefined> {
    return Promise.resolve(this.newestFirst.find((each) => each.id === id));
  }

  private get newestFirst(): readonly KeptRequest[] {
    const all = [...this.shares.values()].flatMap((share) => share.toReversed());
    return all.sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  }
}
