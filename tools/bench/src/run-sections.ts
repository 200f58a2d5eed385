import type { BenchOptions } from './options.js';
import type { SectionReport } from './report/report.js';
import type { SectionContext } from './sections/section.js';
import { sections } from './sections/sections.js';

/** What `--quick` may take, less what ending everything takes. */
const quickLimitSeconds = 80;

/** Runs the sections asked for, one after the other; one that fails does not keep the others from being measured. */
export async function runSections(context: SectionContext, options: BenchOptions): Promise<SectionReport[]> {
  const reports: SectionReport[] = [];
  for (const name of Object.keys(sections) as (keyof typeof sections)[]) {
    if (!options.sections.includes(name)) continue;
    const { title, run } = sections[name];
    if (options.quick && process.uptime() > quickLimitSeconds) {
      reports.push({ name, title, leftOut: 'Left out: the time of --quick was over.' });
      continue;
    }
    context.say(`== ${title}`);
    try {
      reports.push({ name, title, result: await run(context) });
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      context.say(`failed: ${failure}`);
      reports.push({ name, title, failure });
    }
  }
  return reports;
}
