import { liveHistoryMs, type LiveHistory, type LivePoint, type TimedPoint } from '@torchweave/application';

/** {@link LiveHistory} in this process. */
export class InMemoryLiveHistory implements LiveHistory {
  private readonly points = new Map<string, TimedPoint[]>();

  add(_gatewayId: string, at: number, points: readonly LivePoint[]): Promise<void> {
    for (const { workflow, ...point } of points) {
      const kept = (this.points.get(workflow) ?? []).filter((each) => each.at > at - liveHistoryMs);
      this.points.set(
        workflow,
        [...kept, { at, ...point }].sort((a, b) => a.at - b.at),
      );
    }
    return Promise.resolve();
  }

  read(workflow: string, since: number): Promise<readonly TimedPoint[]> {
    return Promise.resolve((this.points.get(workflow) ?? []).filter(({ at }) => at >= since));
  }
}
