import type { AgedReport, ModelReports, VersionReport } from '@torchweave/application';
import { versionId, type WorkflowVersion } from '@torchweave/domain';
import { StateKeys } from './keys.js';
import { objectIn } from './read-json.js';
import type { RedisConnection } from './redis-connection.js';

/** ms that a report is kept: workers look every few seconds, and longer where there are many workflows. */
const reportTtl = 600_000;

/** {@link ModelReports} on Redis or Valkey: a text for each version, which goes by itself; what is left of its time tells its age. */
export class RedisModelReports implements ModelReports {
  private readonly keys: StateKeys;

  constructor(
    private readonly redis: RedisConnection,
    namespace: string,
  ) {
    this.keys = new StateKeys(namespace);
  }

  async write(version: WorkflowVersion, report: VersionReport): Promise<void> {
    const key = this.keys.modelReport(versionId(version));
    await this.redis.run((redis) => redis.set(key, JSON.stringify(report), 'PX', reportTtl));
  }

  async read(versions: readonly WorkflowVersion[]): Promise<readonly (AgedReport | undefined)[]> {
    const keys = versions.map((version) => this.keys.modelReport(versionId(version)));
    return this.redis.run((redis) =>
      Promise.all(
        keys.map(async (key) => {
          const [text, leftMs] = await Promise.all([redis.get(key), redis.pttl(key)]);
          const report = reportIn(text);
          return report === undefined ? undefined : { ...report, ageMs: Math.max(0, reportTtl - leftMs) };
        }),
      ),
    );
  }
}

/** What another version has written that this one does not read is not known: it is written anew in a moment. */
function reportIn(text: string | null): VersionReport | undefined {
  const report = objectIn<VersionReport>(text);
  return report !== undefined && 'operationId' in report && 'nodes' in report ? report : undefined;
}
