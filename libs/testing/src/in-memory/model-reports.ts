import type { AgedReport, ModelReports, VersionReport } from '@torchweave/application';
import { versionId, type WorkflowVersion } from '@torchweave/domain';

/** {@link ModelReports} in this process. */
export class InMemoryModelReports implements ModelReports {
  private readonly reports = new Map<string, { readonly report: VersionReport; readonly at: number }>();

  write(version: WorkflowVersion, report: VersionReport): Promise<void> {
    this.reports.set(versionId(version), { report, at: performance.now() });
    return Promise.resolve();
  }

  read(versions: readonly WorkflowVersion[]): Promise<readonly (AgedReport | undefined)[]> {
    const found = versions.map((version) => this.reports.get(versionId(version)));
    return Promise.resolve(found.map((each) => each && { ...each.report, ageMs: performance.now() - each.at }));
  }
}
