import { codeOf } from '@torchweave/kernel';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { readFacts, type SourceFacts } from './source-facts.js';

const inspectScript = fileURLToPath(new URL('../../python/inspect_source.py', import.meta.url));

/** Of the process that reads one file. A file of the most bytes that a text may have takes some 600 MiB. */
const limits = { cpuSeconds: 30, memoryBytes: 1024 ** 3 };
const timeLimitMs = 90_000;
const longestAnswer = 1_048_576;

export interface InspectSourceOptions {
  /** The interpreter, 3.8 or newer. */
  readonly python: string;
  /** What it sees of the environment. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Why no file can be looked at: there is no Python, or one that does not work. */
export interface NoPython {
  readonly unavailable: string;
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly words: string;
  /** A start that failed. */
  readonly error?: Error;
}

/**
 * Compiles a Python file without running any of it, and tells what is known of functions that it is to have. The file may be
 * anybody's: it is read by a process of its own, with limits of time and memory, and what ends that process is the file's fault.
 *
 * @param names functions that are asked for.
 */
export async function inspectSource(
  source: string,
  names: readonly string[],
  options: InspectSourceOptions,
): Promise<SourceFacts | NoPython> {
  const ended = await run(`${JSON.stringify({ names, ...limits })}\n${source}`, options);
  const { code, signal, output, words, error } = ended;
  if (error !== undefined) return { unavailable: startFailure(options.python, error) };
  if (code === 0) return readFacts(output);
  if (code !== null)
    return { unavailable: `${options.python} does not work: ${lastLine(words) || `exit code ${code}`}` };
  const isSlow = signal === 'SIGXCPU' || signal === 'SIGTERM' || output.length >= longestAnswer;
  const message = isSlow
    ? `it takes more than ${limits.cpuSeconds} s to be compiled`
    : `Python ends while it compiles it (${String(signal)})`;
  return { fault: { message } };
}

function run(input: string, { python, environment }: InspectSourceOptions): Promise<Ended> {
  return new Promise((resolve) => {
    // Isolated, and without packages: nothing that lies about is run, and it starts sooner.
    const child = spawn(python, ['-I', '-S', '-B', '-W', 'ignore', inspectScript], {
      env: environment,
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: timeLimitMs,
    });
    const told = { output: '', words: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      told.output += text;
      if (told.output.length > longestAnswer) child.kill('SIGKILL');
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (told.words = (told.words + text).slice(-1_000)));
    // One that ends before it has read everything is told by how it ended.
    child.stdin.on('error', () => undefined).end(input);
    child.once('error', (error) => resolve({ code: null, signal: null, ...told, error }));
    child.once('close', (code, signal) => resolve({ code, signal, ...told }));
  });
}

function startFailure(python: string, error: Error): string {
  return ['ENOENT', 'EACCES'].includes(codeOf(error))
    ? `${python} is not found, or may not be run`
    : `${python} cannot be started (${codeOf(error)})`;
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
