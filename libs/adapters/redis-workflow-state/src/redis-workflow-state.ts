import type {
  ClaimedOrphans,
  OperationTrace,
  OwnedModel,
  WorkflowChange,
  WorkflowPage,
  WorkflowRecord,
  WorkflowState,
} from '@torchweave/application';
import { modelNodes, TorchweaveError, type ErrorRecord, type WorkflowDefinition } from '@torchweave/domain';
import { setTimeout as sleep } from 'node:timers/promises';
import { StateKeys } from './keys.js';
import { Script, type RedisConnection } from './redis-connection.js';
import { readPairs, readWorkflow, type StoredWorkflow } from './stored-workflow.js';

const scripts = {
  page: new Script('page-1'),
  reserve: new Script('reserve-4'),
  commit: new Script('commit-6'),
  beginUndo: new Script('begin-undo-1'),
  beginRemoval: new Script('begin-removal-6'),
  release: new Script('release-6'),
  claimOrphans: new Script('claim-orphans-2'),
  settleOrphans: new Script('settle-orphans-2'),
};

/** s that a finished operation is remembered. */
const operationTtl = 86_400;
/** ms that gateways can be away and still learn of a removal without reading everything again. */
const tombstoneTtl = 86_400_000;
/** Stands for the owner of a model while it is being removed; no workflow can have such a name. */
const removalMark = '(removal)';
/** ms that a reservation waits for the removal of a model of that name, and between two looks. */
const longestRemovalMs = 15_000;
const removalPollMs = 50;
/** ms between two looks for changes that no message told of. */
const pollIntervalMs = 2_000;
/** Models that are read at once; the server may give some more or fewer. */
const modelsAtOnce = 1_000;

type Held = [answer: 'held', workflow: string[]];
type ReserveAnswer = Held | [answer: 'conflict' | 'busy' | 'removing' | 'taken', first?: string, second?: string];
type RemovalAnswer = Held | [answer: 'missing' | 'busy', phase?: string, operationId?: string];

/** {@link WorkflowState} on Redis or Valkey: a hash for each workflow, changed by scripts alone. */
export class RedisWorkflowState implements WorkflowState {
  private readonly keys: StateKeys;

  constructor(
    private readonly redis: RedisConnection,
    namespace: string,
  ) {
    this.keys = new StateKeys(namespace);
  }

  async reserve(definition: WorkflowDefinition, operationId: string): Promise<WorkflowRecord> {
    const { name: workflow } = definition;
    const deadline = performance.now() + longestRemovalMs;
    for (;;) {
      const reply = await this.tryToReserve(definition, operationId);
      if (reply[0] === 'held') return readPairs(reply[1]);
      const [answer, first = '', second = ''] = reply;
      switch (answer) {
        case 'conflict':
          throw new TorchweaveError('workflowConflict', { workflow });
        case 'taken':
          throw new TorchweaveError('modelNameTaken', { workflow, model: first, owner: second });
        case 'busy':
          throw new TorchweaveError('workflowBusy', { workflow, phase: first, operationId: second });
      }
      if (performance.now() > deadline) {
        const reason = 'what an earlier workflow has left on a model server is still being removed';
        throw new TorchweaveError('operationAbandoned', { operationId, reason });
      }
      await sleep(removalPollMs);
    }
  }

  private async tryToReserve(definition: WorkflowDefinition, operationId: string): Promise<ReserveAnswer> {
    const { keys } = this;
    const { name, url } = definition;
    return (await this.redis.script(
      scripts.reserve,
      [keys.workflow(name), keys.models, keys.unfinished, keys.operation(operationId)],
      [name, operationId, JSON.stringify(definition), now(), url, removalMark, ...modelNamesOf(definition)],
    )) as ReserveAnswer;
  }

  async commit(workflow: string, operationId: string): Promise<WorkflowRecord> {
    const { keys } = this;
    const committed = await this.redis.script(
      scripts.commit,
      [keys.workflow(workflow), keys.ready, keys.changes, keys.unfinished, keys.revision, keys.operation(operationId)],
      [workflow, operationId, now(), operationTtl, keys.changedChannel],
    );
    return heldBy(operationId, committed as string[] | 0);
  }

  async beginUndo(workflow: string, operationId: string, failure: ErrorRecord): Promise<WorkflowRecord> {
    const args = [operationId, JSON.stringify(failure), now()];
    const undoing = await this.redis.script(scripts.beginUndo, [this.keys.workflow(workflow)], args);
    return heldBy(operationId, undoing as string[] | 0);
  }

  async beginRemoval(workflow: string, operationId: string): Promise<WorkflowRecord> {
    const { keys } = this;
    const reply = (await this.redis.script(
      scripts.beginRemoval,
      [keys.workflow(workflow), keys.ready, keys.changes, keys.unfinished, keys.revision, keys.operation(operationId)],
      [workflow, operationId, now(), keys.changedChannel],
    )) as RemovalAnswer;
    if (reply[0] === 'held') return readPairs(reply[1]);
    const [answer, phase = '', owner = ''] = reply;
    if (answer === 'missing') throw new TorchweaveError('workflowNotFound', { workflow });
    throw new TorchweaveError('workflowBusy', { workflow, phase, operationId: owner });
  }

  async release(workflow: string, operationId: string, orphans: readonly string[]): Promise<void> {
    const { keys } = this;
    const record = await this.get(workflow);
    const models = record === undefined ? [] : modelNamesOf(record.definition);
    const done = await this.redis.script(
      scripts.release,
      [
        keys.workflow(workflow),
        keys.models,
        keys.unfinished,
        keys.operation(operationId),
        keys.orphans,
        keys.tombstones,
      ],
      [workflow, operationId, operationTtl, Date.now(), models.length, ...models, ...orphans],
    );
    if (done === 0 && (await this.trace(operationId)).outcome !== 'released') throw lost(operationId);
    await this.forgetTombstones();
  }

  async trace(operationId: string): Promise<OperationTrace> {
    const stored = await this.redis.run((redis) => redis.hgetall(this.keys.operation(operationId)));
    const { workflow, outcome, failure } = stored as StoredWorkflow;
    if (workflow === undefined) return { outcome: 'none' };
    if (outcome === 'committed') return { outcome, workflow };
    const record = outcome === 'held' ? await this.get(workflow) : undefined;
    if (record?.operationId === operationId) return { outcome: 'held', record };
    return {
      outcome: 'released',
      workflow,
      ...(failure === undefined ? {} : { failure: JSON.parse(failure) as ErrorRecord }),
    };
  }

  async get(workflow: string): Promise<WorkflowRecord | undefined> {
    return readWorkflow(await this.redis.run((redis) => redis.hgetall(this.keys.workflow(workflow))));
  }

  /** One script: a command for each workflow of a page would cost this process several times as much. */
  async page(offset: number, limit: number): Promise<WorkflowPage> {
    const args = [this.keys.workflow(''), offset, offset + limit];
    const found = (await this.redis.script(scripts.page, [this.keys.ready], args)) as string[];
    const workflows: { name: string; url: string }[] = [];
    for (let i = 0; i < Math.min(found.length, 2 * limit); i += 2) {
      const [name, url] = [found[i], found[i + 1]];
      if (name !== undefined && url !== undefined && url !== '') workflows.push({ name, url });
    }
    return { workflows, hasMore: found.length > 2 * limit };
  }

  async unfinished(): Promise<readonly WorkflowRecord[]> {
    const names = await this.redis.run((redis) => redis.smembers(this.keys.unfinished));
    const records = await this.read(names);
    return records.filter((record): record is WorkflowRecord => record !== undefined && record.phase !== 'ready');
  }

  async changesSince(revision: number, limit: number): Promise<readonly WorkflowChange[]> {
    const found = await this.redis.run((redis) =>
      redis.zrangebyscore(this.keys.changes, `(${revision}`, '+inf', 'WITHSCORES', 'LIMIT', 0, limit),
    );
    const names = found.filter((_, i) => i % 2 === 0);
    const records = await this.read(names);
    return names.map((workflow, i) => {
      const record = records[i];
      const at = Number(found[2 * i + 1]);
      return { workflow, revision: at, ...(record?.phase === 'ready' ? { record } : {}) };
    });
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
      yield ownedModelsIn(fields).filter(({ workflow }) => workflow !== removalMark);
      cursor = next;
    } while (cursor !== '0');
  }

  async orphans(): Promise<readonly string[]> {
    return this.redis.run((redis) => redis.smembers(this.keys.orphans));
  }

  async addOrphans(models: readonly string[]): Promise<void> {
    if (models.length > 0) await this.redis.run((redis) => redis.sadd(this.keys.orphans, ...models));
  }

  async claimOrphans(): Promise<ClaimedOrphans> {
    const { keys } = this;
    const claimed = await this.redis.script(scripts.claimOrphans, [keys.models, keys.orphans], [removalMark]);
    const [unowned, owned] = claimed as [string[], string[]];
    return { unowned, owned: ownedModelsIn(owned) };
  }

  async settleOrphans(gone: readonly string[], left: readonly string[]): Promise<void> {
    const { keys } = this;
    const args = [removalMark, gone.length, ...gone, ...left];
    await this.redis.script(scripts.settleOrphans, [keys.models, keys.orphans], args);
  }

  private async read(names: readonly string[]): Promise<(WorkflowRecord | undefined)[]> {
    if (names.length === 0) return [];
    const replies = await this.redis.run((redis) => {
      const pipeline = redis.pipeline();
      for (const name of names) pipeline.hgetall(this.keys.workflow(name));
      return pipeline.exec();
    });
    return (replies ?? []).map(([error, stored]) => {
      if (error !== null) throw unavailable(error);
      return readWorkflow(stored as StoredWorkflow);
    });
  }

  private async forgetTombstones(): Promise<void> {
    const { keys } = this;
    const expired = await this.redis.run((redis) =>
      redis.zrangebyscore(keys.tombstones, 0, String(Date.now() - tombstoneTtl), 'LIMIT', 0, 100),
    );
    const records = await this.read(expired);
    const gone = expired.filter((_, i) => records[i] === undefined);
    if (expired.length === 0) return;
    await this.redis.run((redis) => {
      const pipeline = redis.pipeline().zrem(keys.tombstones, ...expired);
      return (gone.length > 0 ? pipeline.zrem(keys.changes, ...gone) : pipeline).exec();
    });
  }
}

const modelNamesOf = (definition: WorkflowDefinition): string[] => modelNodes(definition).map((node) => node.modelName);

/** From names and owners, one after the other. */
function ownedModelsIn(pairs: readonly string[]): OwnedModel[] {
  const owned: OwnedModel[] = [];
  for (let i = 0; i < pairs.length; i += 2) owned.push({ model: pairs[i] ?? '', workflow: pairs[i + 1] ?? '' });
  return owned;
}

const unavailable = (cause: Error): TorchweaveError<'stateUnavailable'> =>
  new TorchweaveError('stateUnavailable', { reason: cause.message, retryAfterSeconds: 1 }, { cause });

const now = (): string => new Date().toISOString();

function heldBy(operationId: string, pairs: string[] | 0): WorkflowRecord {
  if (pairs === 0) throw lost(operationId);
  return readPairs(pairs);
}

const lost = (operationId: string): TorchweaveError<'operationAbandoned'> =>
  new TorchweaveError('operationAbandoned', { operationId, reason: 'it does not hold the workflow any more' });
