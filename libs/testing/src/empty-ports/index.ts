import type {
  ArchiveStore,
  FunctionRuntime,
  GatewayRegistry,
  WorkflowState,
  WorkflowVersions,
} from '@torchweave/application';
import { Readable } from 'node:stream';

const nothing = (): Promise<void> => Promise.resolve();
const refuse = (what: string) => (): Promise<never> => Promise.reject(new Error(what));
const readOnly = refuse('read only');

/** Ports behind which there is nothing, for servers whose HTTP alone is tested. What a test needs it puts in their place. */
export const emptyPorts: {
  readonly state: WorkflowState;
  readonly versions: Pick<WorkflowVersions, 'get' | 'report'>;
  readonly archives: ArchiveStore;
  readonly functions: FunctionRuntime;
  readonly gateways: GatewayRegistry;
} = {
  state: {
    ...{ reserve: readOnly, activate: readOnly, beginUndo: readOnly, beginRemoval: readOnly, release: readOnly },
    ...{ addOrphans: nothing, settleOrphans: nothing, doubt: nothing, probeWrites: nothing },
    ...{ takeUp: readOnly, cancel: readOnly },
    holds: () => Promise.resolve(true),
    get: () => Promise.resolve(undefined),
    page: () => Promise.resolve({ workflows: [], hasMore: false }),
    unfinished: () => Promise.resolve({ records: [], unreadable: [] }),
    changesSince: () => Promise.resolve([]),
    summary: () => Promise.resolve({ ready: 0, revision: 0 }),
    watch: () => Promise.resolve(nothing),
    ownedModels: () => Readable.from([]),
    orphans: () => Promise.resolve([]),
    claimOrphans: () => Promise.resolve({ token: '', unowned: [], owned: [] }),
  },
  versions: { get: () => Promise.resolve(undefined), report: nothing },
  archives: {
    put: readOnly,
    open: refuse('nothing is kept'),
    unpackTo: refuse('nothing is kept'),
    read: refuse('nothing is kept'),
    list: () => Promise.resolve([]),
    remove: nothing,
  },
  functions: { load: nothing, unload: nothing, call: refuse('nothing is loaded'), close: nothing },
  gateways: {
    ...{ announce: nothing, leave: nothing, discard: nothing, answerPreparation: nothing },
    serving: () => Promise.resolve([]),
    waitFor: () => Promise.resolve([]),
    prepare: () => Promise.resolve([]),
    onPreparation: () => Promise.resolve(() => undefined),
    leaseMs: 60_000,
  },
};
