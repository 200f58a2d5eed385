import { setTimeout as sleep } from 'node:timers/promises';
import type { OtherWork } from './other-work.js';
import type { SectionReport } from './report/report.js';
import type { Section, SectionContext, SectionResult } from './sections/section.js';
import { sections } from './sections/sections.js';

/** ms from the start of this process until `--quick` measures no more: ending everything takes the rest of its 90 s. */
const quickLimitMs = 82_000;

/** Thrown when the time of `--quick` is over, on a machine that is slow or busy with other things. */
class OutOfTimeError extends Error {
  override readonly name = 'OutOfTimeError';
}

/** Runs the sections asked for, one after the other; one that fails does not keep the others from being measured. */
export async function runSections(context: SectionContext, otherWork: OtherWork): Promise<SectionReport[]> {
  const reports: SectionReport[] = [];
  for (const name of Object.keys(sections) as (keyof typeof sections)[]) {
    if (!context.options.sections.includes(name)) continue;
    const section = sections[name];
    context.say(`== ${section.title}`);
    reports.push({ name, title: section.title, ...(await otherWork.during(() => outcome(section, context))) });
  }
  return reports;
}

async function outcome(
  section: Section,
  context: SectionContext,
): Promise<Pick<SectionReport, 'result' | 'failure' | 'leftOut'>> {
  try {
    return { result: await (context.options.quick ? inTime(section, context) : section.run(context)) };
  } catch (error) {
    if (error instanceof OutOfTimeError) return { leftOut: 'Left out: the time of --quick was over.' };
    const failure = error instanceof Error ? error.message : String(error);
    context.say(`failed: ${failure}`);
    return { failure };
  }
}

/** A section that is given up goes on until what it uses is ended, which the caller does next. */
async function inTime(section: Section, context: SectionContext): Promise<SectionResult> {
  const leftMs = quickLimitMs - process.uptime() * 1_000;
  if (leftMs <= 0) throw new OutOfTimeError();
  const running = section.run(context);
  running.catch(() => undefined);
  const late = sleep(leftMs, undefined, { ref: false }).then(() => {
    throw new OutOfTimeError();
  });
  return Promise.race([running, late]);
}
