import { readdirSync, readFileSync } from 'node:fs';

/** Of Linux's /proc on every platform that Node runs on. */
const ticksPerSecond = 100;
const pageBytes = 4_096;

/** What the fields of /proc/PID/stat tell of a process. */
export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** Of the process and of all its children that have ended and been collected. */
  readonly cpuSeconds: number;
  readonly threads: number;
  readonly residentBytes: number;
}

/** Memory of a number of processes, in bytes. */
export interface Memory {
  /** Shared pages count in each process. */
  readonly resident: number;
  /** Shared pages count once, divided among those that share them. */
  readonly proportional: number;
}

/** What a number of processes hold. */
export interface Holdings {
  readonly processes: number;
  readonly threads: number;
  readonly descriptors: number;
  readonly residentBytes: number;
}

/** Reads the text of /proc/PID/stat. The command is in parentheses and may hold anything, so the fields count from its end. */
export function parseStat(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  return {
    pid: Number(text.slice(0, text.indexOf(' '))),
    parent: field(4),
    cpuSeconds: (field(14) + field(15) + field(16) + field(17)) / ticksPerSecond,
    threads: field(20),
    residentBytes: field(24) * pageBytes,
  };
}

/** Reads the text of /proc/PID/smaps_rollup. */
export function parseSmapsRollup(text: string): Memory {
  const bytes = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0) * 1_024;
  return { resident: bytes('Rss'), proportional: bytes('Pss') };
}

/** The processes `roots` and everything they have started that still runs. */
export function processTree(roots: readonly number[]): ProcessStat[] {
  const all = allProcesses();
  const children = new Map<number, ProcessStat[]>();
  for (const process of all) children.set(process.parent, [...(children.get(process.parent) ?? []), process]);
  const found = all.filter(({ pid }) => roots.includes(pid));
  // The list grows while it is walked.
  for (const { pid } of found) found.push(...(children.get(pid) ?? []));
  return found;
}

/** CPU seconds that the tree has used so far, by children that have ended too. */
export function cpuSecondsOf(roots: readonly number[]): number {
  return processTree(roots).reduce((sum, process) => sum + process.cpuSeconds, 0);
}

/** The memory of the given processes themselves. A process that has ended meanwhile counts nothing. */
export function memoryOf(pids: readonly number[]): Memory {
  const parts = pids.map((pid) => parseSmapsRollup(read(`/proc/${pid}/smaps_rollup`)));
  return {
    resident: parts.reduce((sum, part) => sum + part.resident, 0),
    proportional: parts.reduce((sum, part) => sum + part.proportional, 0),
  };
}

/** What the whole tree holds. */
export function holdingsOf(roots: readonly number[]): Holdings {
  const tree = processTree(roots);
  return {
    processes: tree.length,
    threads: tree.reduce((sum, process) => sum + process.threads, 0),
    descriptors: tree.reduce((sum, { pid }) => sum + entries(`/proc/${pid}/fd`).length, 0),
    residentBytes: tree.reduce((sum, process) => sum + process.residentBytes, 0),
  };
}

/** Core seconds that the whole machine has been busy since it started: the first line of /proc/stat, without idle and iowait. */
export function machineBusySeconds(stat = read('/proc/stat')): number {
  const [user = 0, nice = 0, system = 0, , , interrupts = 0, softInterrupts = 0] =
    /^cpu +(.*)$/m.exec(stat)?.[1]?.split(' ').map(Number) ?? [];
  return (user + nice + system + interrupts + softInterrupts) / ticksPerSecond;
}

function allProcesses(): ProcessStat[] {
  return entries('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => read(`/proc/${name}/stat`))
    .filter((text) => text !== '')
    .map(parseStat);
}

/** Empty when the process has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function entries(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
