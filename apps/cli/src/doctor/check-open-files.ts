import { openFilesLimit, tooFewFiles, type Settings } from '@torchweave/platform';
import { ok, warning, type Finding } from '@torchweave/composition';

const subject = 'open files';

/** Judges how many files the system lets a process have open. */
export function judgeOpenFiles(limit: number | undefined, settings: Settings): Finding[] {
  if (limit === undefined) return [];
  const tooFew = tooFewFiles(limit, settings, ['connections', 'jobs']);
  if (tooFew === undefined) return [ok(subject, `A process may have ${limit} open.`)];
  return [warning(subject, `Here ${tooFew.message}.`, `ulimit -n ${tooFew.needed}`)];
}

/** Whether this machine lets a server have as many connections as it is to take. */
export const checkOpenFiles = (settings: Settings): Finding[] => judgeOpenFiles(openFilesLimit(), settings);
