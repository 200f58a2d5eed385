import type { AgedLiveReport, LiveReport, LiveReports } from '@torchweave/application';

/** {@link LiveReports} in this process. */
export class InMemoryLiveReports implements LiveReports {
  private readonly reports = new Map<string, { readonly report: LiveReport; readonly at: number }>();

  write(gatewayId: string, report: LiveReport): Promise<void> {
    this.reports.set(gatewayId, { report, at: performance.now() });
    return Promise.resolve();
  }

  read(gatewayIds: readonly string[]): Promise<readonly (AgedLiveReport | undefined)[]> {
    const found = gatewayIds.map((id) => this.reports.get(id));
    return Promise.resolve(found.map((each) => each && { ...each.report, ageMs: performance.now() - each.at }));
  }
}
