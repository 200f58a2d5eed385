import type {
  Cancellation,
  ClaimedOrphans,
  OperationRun,
  OwnedModel,
  Removal,
  SettledOrphans,
  StateSummary,
  TakenUp,
  UnreadableWorkflow,
  WorkflowChange,
  WorkflowPage,
  WorkflowRecord,
  WorkflowState,
} from '@torchweave/application';
import { parseVersionId, servedModelsOf, TorchweaveError } from '@torchweave/domain';
import type { ErrorRecord, WorkflowDefinition } from '@torchweave/domain';
import type { WorkflowVersion } from '@torchweave/domain';
import { refusesWrites, writeRefusalOf } from '@torchweave/redis-client';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { StateKeys } from './keys.js';
import { cancelled, longestRemovalMs, lost, now, operationTtl, removalMark, removalPollMs } from './operations.js';
import { Script, type RedisConnection } from './redis-connection.js';
import { definitionIn, readWorkflow, storedOf } from './stored-workflow.js';
import { WorkflowDocuments } from './workflow-documents.js';

const scripts = {
  takeUp: new Script('take-up-1'),
  cancel: new Script('cancel-1'),
  page: new Script('page-1'),
  summary: new Script('summary-4'),
  probeWrites: new Script('probe-writes-1'),
  reserve: new Script('reserve-4'),
  activate: new Script('activate-6'),
  beginUndo: new Script('begin-undo-2'),
  beginRemoval: new Script('begin-removal-6'),
  release: new Script('release-6'),
  doubt: new Script('doubt-1'),
  claimOrphans: new Script('claim-orphans-3'),
  settleOrphans: new Script('settle-orphans-3'),
};

/** s that an operation is remembered which has not changed anything: longer than any run of one may take. */
const idleOperationTtl = 3_600;
/** ms that registering at start may take; another worker may try after it. */
const longestLoadMs = 600_000;
/** ms after which nothing is on its way any more of a run that has lost its operation. */
const doubtMs = 600_000;
/** ms between two looks for changes that no message told of. */
const pollIntervalMs = 2_000;
/** Models that are read at once; the server may give some more or fewer. */
const modelsAtOnce = 1_000;

type Held = [answer: 'held', workflow: string[], beside?: string[]];
type Refusal<Answer extends string> = [answer: Answer, first?: string, second?: string];
type ReserveAnswer = Held | Refusal<'lost' | 'cancelled' | 'unreadable' | 'conflict' | 'busy' | 'removing' | 'taken'>;
type RemovalAnswer = Held | Refusal<'lost' | 'cancelled' | 'unreadable' | 'missing' | 'busy'>;

/** {@link WorkflowState} on Redis or Valkey: a hash for each workflow, changed by scripts alone. */
export class RedisWorkflowState implements WorkflowState {
  private readonly keys: StateKeys;
  private readonly documents: WorkflowDocuments;

  constructor(
    private readonly redis: RedisConnection,
    namespace: string,
  ) {
    this.keys = new StateKeys(namespace);
    this.documents = new WorkflowDocuments(redis, this.keys);
  }

  async takeUp(operationId: string): Promise<TakenUp> {
    const run = { operationId, token: randomUUID() };
    const taken = await this.redis.script(
      scripts.takeUp,
      [this.keys.operation(operationId)],
      [run.token, idleOperationTtl],
    );
    const [before, workflow, outcome, failure, mark] = taken as [string, string, string, string, string];
    const begun = { run, isTakenOver: before !== '', isCancelled: mark !== '' };
    if (workflow === '' || outcome === '') return { ...begun, trace: { outcome: 'none' } };
    if (outcome === 'committed') return { ...begun, trace: { outcome, workflow } };
    const held = outcome === 'held' ? await this.documents.findVersion(parseVersionId(workflow)) : undefined;
    if (held?.operationId === operationId || held?.record?.scaling?.operationId === operationId) {
      const { record, unreadable } = held;
      if (record !== undefined) return { ...begun, trace: { outcome: 'held', record } };
      if (unreadable !== undefined) return { ...begun, trace: { outcome: 'held', unreadable } };
    }
    const reason = failure === '' ? {} : { failure: JSON.parse(failure) as ErrorRecord };
    return { ...begun, trace: { outcome: 'released', workflow: parseVersionId(workflow).workflow, ...reason } };
  }

  async cancel(operationId: string): Promise<Cancellation> {
    const answer = await this.redis.script(scripts.cancel, [this.keys.operation(operationId)], [operationTtl]);
    return answer === 'released' ? 'ended' : (answer as Cancellation);
  }

  async holds({ operationId, token }: OperationRun): Promise<boolean> {
    const now = await this.redis.run((redis) => redis.hget(this.keys.operation(operationId), 'run'));
    return now === token;
  }

  async reserve(definition: WorkflowDefinition, run: OperationRun): Promise<WorkflowRecord> {
    const { name: workflow } = definition;
    const deadline = performance.now() + longestRemovalMs;
    for (;;) {
      const reply = await this.tryToReserve(definition, run);
      if (reply[0] === 'held') return readWorkflow(workflow, storedOf(reply[1]));
      const [answer, first = '', second = ''] = reply;
      switch (answer) {
        case 'lost':
          throw lost(run);
        case 'cancelled':
          throw cancelled(run);
        case 'unreadable':
          throw await this.unreadable(workflow);
        case 'conflict':
          throw new TorchweaveError('workflowConflict', { workflow });
        case 'taken':
          throw new TorchweaveError('modelNameTaken', { workflow, model: first, owner: second });
        case 'busy':
          throw new TorchweaveError('workflowBusy', { workflow, phase: first, operationId: second });
      }
      if (performance.now() > deadline) {
        const reason = 'what an earlier workflow has left on a model server is still being removed';
        throw new TorchweaveError('operationAbandoned', { operationId: run.operationId, reason });
      }
      await sleep(removalPollMs);
    }
  }

  private async tryToReserve(
    definition: WorkflowDefinition,
    { operationId, token }: OperationRun,
  ): Promise<ReserveAnswer> {
    const { keys } = this;
    const { name, url, version } = definition;
    return (await this.redis.script(
      scripts.reserve,
      [keys.workflow(name), keys.models, keys.unfinished, keys.operation(operationId)],
      [
        name,
        operationId,
        token,
        JSON.stringify(definition),
        now(),
        url,
        removalMark,
        version,
        ...servedModelsOf(definition),
      ],
    )) as ReserveAnswer;
  }

  async activate({ workflow, version }: WorkflowVersion, run: OperationRun): Promise<WorkflowRecord> {
    const activated = await this.redis.script(scripts.activate, this.keysOf(workflow, run), [
      ...[workflow, run.operationId, run.token],
      ...[now(), operationTtl, this.keys.changedChannel, version],
    ]);
    if (activated === -1) throw cancelled(run);
    return heldBy(workflow, run, activated as string[] | 0);
  }

  async beginUndo(workflow: string, run: OperationRun, failure: ErrorRecord): Promise<WorkflowRecord> {
    const keys = [this.keys.workflow(workflow), this.keys.operation(run.operationId)];
    const args = [run.operationId, run.token, JSON.stringify(failure), now()];
    const undoing = await this.redis.script(scripts.beginUndo, keys, args);
    return heldBy(workflow, run, undoing as string[] | 0);
  }

  async beginRemoval(workflow: string, run: OperationRun): Promise<Removal> {
    let reply = await this.tryToBeginRemoval(workflow, run);
    if (!['held', 'lost', 'cancelled'].includes(reply[0])) {
      // By what is stored alone the script cannot tell whether it can be read here.
      const found = await this.documents.find(workflow);
      if (found?.unreadable !== undefined) reply = await this.tryToBeginRemoval(workflow, run, found.operationId);
    }
    if (reply[0] === 'held') return this.removalOf(workflow, storedOf(reply[1]), reply[2]);
    const [answer, phase = '', owner = ''] = reply;
    if (answer === 'lost') throw lost(run);
    if (answer === 'cancelled') throw cancelled(run);
    if (answer === 'busy') throw new TorchweaveError('workflowBusy', { workflow, phase, operationId: owner });
    throw new TorchweaveError('workflowNotFound', { workflow });
  }

  /** @param found the operation id of what cannot be read, and is to be removed so. */
  private async tryToBeginRemoval(workflow: string, run: OperationRun, found?: string): Promise<RemovalAnswer> {
    const force = found === undefined ? ['0', ''] : ['1', found];
    const { keys } = this;
    const versions = [keys.version(''), keys.versions, keys.versionChanges];
    const args = [workflow, run.operationId, run.token, now(), keys.changedChannel, ...force, ...versions];
    return (await this.redis.script(scripts.beginRemoval, this.keysOf(workflow, run), args)) as RemovalAnswer;
  }

  private async removalOf(
    workflow: string,
    stored: Record<string, string>,
    beside: readonly string[] = [],
  ): Promise<Removal> {
    const revision = Number(stored['revision']);
    try {
      const definitions = [
        readWorkflow(workflow, stored).definition,
        ...beside.map((text) => definitionIn(workflow, text)),
      ];
      return { workflow, revision, models: definitions.flatMap(servedModelsOf) };
    } catch {
      // The names of its models stand elsewhere as well.
      const models = new Set<string>();
      for await (const owned of this.ownedModels()) {
        for (const { model, workflow: owner } of owned) if (owner === workflow) models.add(model);
      }
      return { workflow, revision, models: [...models] };
    }
  }

  async release(
    workflow: string,
    run: OperationRun,
    models: readonly string[],
    orphans: readonly string[],
  ): Promise<void> {
    const { keys } = this;
    const done = await this.redis.script(
      scripts.release,
      [
        ...[keys.workflow(workflow), keys.models, keys.unfinished],
        ...[keys.operation(run.operationId), keys.orphans, keys.tombstones],
      ],
      [
        ...[workflow, run.operationId, run.token, operationTtl, models.length],
        ...[keys.version(''), keys.versionTombstones, keys.warm, keys.retired(workflow)],
        ...[...models, ...orphans],
      ],
    );
    if (done === 0) throw lost(run);
    await this.documents.forgetTombstones();
  }

  async get(workflow: string): Promise<WorkflowRecord | undefined> {
    const found = await this.documents.find(workflow);
    if (found?.unreadable !== undefined) throw found.unreadable;
    return found?.record;
  }

  /** One script: a command for each workflow of a page would cost this process several times as much. */
  async page(offset: number, limit: number): Promise<WorkflowPage> {
    const args = [this.keys.workflow(''), offset, offset + limit];
    const found = (await this.redis.script(scripts.page, [this.keys.ready], args)) as string[];
    const workflows: { name: string; url: string }[] = [];
    for (let i = 0; i < Math.min(found.length, 2 * limit); i += 2) {
      const [name, url] = [found[i], found[i + 1]];
      if (name !== undefined && url !== undefined && url !== '')
        workflows.push({ name, url: url.slice('url='.length) });
    }
    return { workflows, hasMore: found.length > 2 * limit };
  }

  /** Runs `load` unless another process of the installation is at it; whoever dies over it is waited for no longer than it may take. */
  async loadOnce(load: () => Promise<void>): Promise<void> {
    const holder = randomUUID();
    const isMine = await this.redis.run((redis) => redis.set(this.keys.loading, holder, 'PX', longestLoadMs, 'NX'));
    if (isMine === null) return;
    try {
      await load();
    } finally {
      await this.redis.run(async (redis) => {
        if ((await redis.get(this.keys.loading)) === holder) await redis.del(this.keys.loading);
      });
    }
  }

  async unfinished(): Promise<{ records: WorkflowRecord[]; unreadable: UnreadableWorkflow[] }> {
    const names = await this.redis.run((redis) => redis.smembers(this.keys.unfinished));
    const found = await this.documents.read(names);
    const records = found.flatMap(({ record }) => (record === undefined || record.phase === 'ready' ? [] : [record]));
    return { records, unreadable: found.flatMap(({ unreadable }) => unreadable ?? []) };
  }

  async changesSince(revision: number, limit: number): Promise<readonly WorkflowChange[]> {
    const { keys } = this;
    const told = await this.redis.run((redis) =>
      Promise.all(
        [keys.changes, keys.versionChanges].map((key) =>
          redis.zrangebyscore(key, `(${revision}`, '+inf', 'WITHSCORES', 'LIMIT', 0, limit),
        ),
      ),
    );
    const found = told
      .flatMap(changesIn)
      .sort((a, b) => a.revision - b.revision)
      .slice(0, limit);
    const documents = await this.documents.read(found.map(({ workflow }) => workflow));
    return documents.map(({ record, unreadable, isReady }, i) => {
      const change = found[i] as WorkflowChange;
      if (unreadable !== undefined && isReady === true) return { ...change, unreadable };
      return record?.phase === 'ready' ? { ...change, record } : change;
    });
  }

  async summary(): Promise<StateSummary> {
    const { ready: workflows, changes, versions, versionChanges } = this.keys;
    const summed = await this.redis.script(scripts.summary, [workflows, changes, versions, versionChanges], []);
    const [ready, revision] = summed as [number, number];
    return { ready, revision };
  }

  async watch(onChange: (connectionWasLost: boolean) => void): Promise<() => Promise<void>> {
    const { subscriber } = this.redis;
    const channel = this.keys.changedChannel;
    const onMessage = (of: string): void => {
      if (of === channel) onChange(false);
    };
    const onReady = (): void => onChange(true);
    subscriber.on('message', onMessage);
    subscriber.on('ready', onReady);
    const poll = setInterval(() => onChange(false), pollIntervalMs).unref();
    await this.redis.run(() => subscriber.subscribe(channel));
    return async () => {
      clearInterval(poll);
      subscriber.off('message', onMessage);
      subscriber.off('ready', onReady);
      await Promise.resolve();
    };
  }

  async *ownedModels(): AsyncGenerator<readonly OwnedModel[]> {
    let cursor = '0';
    do {
      const at = cursor;
      const [next, fields] = await this.redis.run((redis) => redis.hscan(this.keys.models, at, 'COUNT', modelsAtOnce));
      yield ownedModelsIn(fields).filter(({ workflow }) => !workflow.startsWith(removalMark));
      cursor = next;
    } while (cursor !== '0');
  }

  async orphans(): Promise<readonly string[]> {
    return this.redis.run((redis) => redis.smembers(this.keys.orphans));
  }

  async addOrphans(models: readonly string[]): Promise<void> {
    if (models.length > 0) await this.redis.run((redis) => redis.sadd(this.keys.orphans, ...models));
  }

  async doubt(models: readonly string[]): Promise<void> {
    if (models.length > 0) await this.redis.script(scripts.doubt, [this.keys.doubtful], [doubtMs, ...models]);
  }

  async claimOrphans(present?: ReadonlySet<string>): Promise<ClaimedOrphans> {
    const token = randomUUID();
    const args = [markOf(token), removalMark, present === undefined ? '0' : '1', ...(await this.inDoubt(present))];
    const claimed = await this.redis.script(scripts.claimOrphans, this.orphanKeys, args);
    const [unowned, owned] = claimed as [string[], string[]];
    return { token, unowned, owned: ownedModelsIn(owned) };
  }

  /** Of these models, those in doubt: a script takes a few thousand arguments, not every model there is. */
  private async inDoubt(present: ReadonlySet<string> = new Set()): Promise<string[]> {
    if (present.size === 0) return [];
    const doubtful = await this.redis.run((redis) => redis.zrange(this.keys.doubtful, 0, '-1'));
    return doubtful.filter((model) => present.has(model));
  }

  async settleOrphans({ token, kept, gone, left }: SettledOrphans): Promise<void> {
    const args = [markOf(token), doubtMs, kept.length, gone.length, ...kept, ...gone, ...left];
    await this.redis.script(scripts.settleOrphans, this.orphanKeys, args);
  }

  async probeWrites(): Promise<void> {
    try {
      await this.redis.script(scripts.probeWrites, [this.keys.probe], []);
    } catch (error) {
      const refusal = error instanceof TorchweaveError ? writeRefusalOf(error.cause) : undefined;
      throw refusal === undefined ? error : refusesWrites(refusal, error);
    }
  }

  private get orphanKeys(): string[] {
    return [this.keys.models, this.keys.orphans, this.keys.doubtful];
  }

  private keysOf(workflow: string, { operationId }: OperationRun): string[] {
    const { keys } = this;
    return [
      ...[keys.workflow(workflow), keys.ready, keys.changes],
      ...[keys.unfinished, keys.revision, keys.operation(operationId)],
    ];
  }

  private async unreadable(workflow: string): Promise<TorchweaveError> {
    const found = await this.documents.find(workflow);
    return found?.unreadable ?? new TorchweaveError('workflowConflict', { workflow });
  }
}

/** From names and owners, one after the other. */
function ownedModelsIn(pairs: readonly string[]): OwnedModel[] {
  const owned: OwnedModel[] = [];
  for (let i = 0; i < pairs.length; i += 2)
    owned.push({ model: pairs[i] ?? '', ...parseVersionId(pairs[i + 1] ?? '') });
  return owned;
}

/** From names and revisions, one after the other. */
function changesIn(pairs: readonly string[]): { workflow: string; revision: number }[] {
  const changes: { workflow: string; revision: number }[] = [];
  for (let i = 0; i < pairs.length; i += 2) changes.push({ workflow: pairs[i] ?? '', revision: Number(pairs[i + 1]) });
  return changes;
}

const markOf = (token: string): string => `${removalMark} ${token}`;

function heldBy(workflow: string, run: OperationRun, pairs: string[] | 0): WorkflowRecord {
  if (pairs === 0) throw lost(run);
  return readWorkflow(workflow, storedOf(pairs));
}
