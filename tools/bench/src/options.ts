import { parseArgs } from 'node:util';
import { sectionNames, type SectionName } from './sections/section-names.js';

/** What is measured, for how long, and where it is written. */
export interface BenchOptions {
  readonly quick: boolean;
  readonly sections: readonly SectionName[];
  /** Interleaved rounds of every load. */
  readonly rounds: number;
  /** Of one load. */
  readonly seconds: number;
  /** Of one load of the overload section. */
  readonly overloadSeconds: number;
  readonly soakSeconds: number;
  /** Client counts of the sweeps, smallest first. */
  readonly clients: readonly number[];
  readonly bodyClients: readonly number[];
  readonly registrationRounds: number;
  /** Workflows in Redis when listing and describing are measured. */
  readonly catalogueSize: number;
  readonly catalogueClients: readonly number[];
  /** Registrations of the enqueue-to-ready rate. */
  readonly enqueued: number;
  /** Before idle memory is read. */
  readonly idleMs: number;
  readonly kserveRouter?: string;
  readonly jsonFile: string;
  readonly markdownFile?: string;
  /** Folder that takes a CPU profile of every gateway. */
  readonly profileFolder?: string;
  /** Whether a target that is not met fails the run. */
  readonly check: boolean;
}

const full = {
  rounds: 3,
  seconds: 6,
  overloadSeconds: 30,
  soakSeconds: 60,
  clients: [1, 8, 32, 64, 128],
  bodyClients: [1, 8, 32, 128],
  registrationRounds: 10,
  catalogueSize: 100_000,
  catalogueClients: [1, 8],
  enqueued: 500,
  idleMs: 3_000,
};

const quick: typeof full = {
  rounds: 1,
  seconds: 1,
  overloadSeconds: 2,
  soakSeconds: 3,
  clients: [1, 32],
  bodyClients: [1],
  registrationRounds: 1,
  catalogueSize: 2_000,
  catalogueClients: [1],
  enqueued: 60,
  idleMs: 1_000,
};

/** What `--help` prints. */
export const help = `npm run bench -- [options]
  --quick                 fewer clients, shorter loads, one round: some 90 s instead of some 40 minutes
  --only NAME,...         some sections only: ${sectionNames.join(', ')}
  --rounds N              interleaved rounds of every load (3)
  --seconds N             of every load (6)
  --clients N,...         of the sweeps (1,8,32,64,128)
  --soak N                seconds of the soak (60)
  --kserve-router PATH    KServe's cmd/router, built by you, to be measured beside Torchweave
  --json FILE             where the figures go (test-reports/bench.json)
  --markdown FILE         replaces what is between the markers of FILE by the tables
  --profile DIR           writes a .cpuprofile of every gateway into DIR
  --check                 exit status 1 when a target is not met`;

/** @returns undefined when help was asked for. @throws with one sentence for a wrong command line. */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      only: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      clients: { type: 'string' },
      soak: { type: 'string' },
      'kserve-router': { type: 'string' },
      json: { type: 'string', default: 'test-reports/bench.json' },
      markdown: { type: 'string' },
      profile: { type: 'string' },
    },
  });
  if (values.help) return undefined;
  const preset = values.quick ? quick : full;
  return {
    ...preset,
    quick: values.quick,
    check: values.check,
    sections: values.only === undefined ? sectionNames : values.only.split(',').map(sectionName),
    rounds: count('--rounds', values.rounds) ?? preset.rounds,
    seconds: count('--seconds', values.seconds) ?? preset.seconds,
    soakSeconds: count('--soak', values.soak) ?? preset.soakSeconds,
    clients: values.clients === undefined ? preset.clients : values.clients.split(',').map(clientCount),
    jsonFile: values.json,
    ...(values['kserve-router'] === undefined ? {} : { kserveRouter: values['kserve-router'] }),
    ...(values.markdown === undefined ? {} : { markdownFile: values.markdown }),
    ...(values.profile === undefined ? {} : { profileFolder: values.profile }),
  };
}

function sectionName(text: string): SectionName {
  const found = sectionNames.find((name) => name === text.trim());
  if (found === undefined) throw new Error(`There is no section ${text}; there are ${sectionNames.join(', ')}.`);
  return found;
}

const clientCount = (text: string): number => count('--clients', text) ?? 1;

function count(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 3_600) throw new Error(`${flag} is not a count: ${text}`);
  return value;
}
