import type {
  Activated,
  Activation,
  OperationRun,
  Outcomes,
  Removal,
  UnreadableWorkflow,
  VersionsOfWorkflow,
  WorkflowRecord,
  WorkflowVersions,
} from '@torchweave/application';
import {
  isTorchweaveError,
  parseVersionId,
  servedModelsOf,
  TorchweaveError,
  versionId,
  versionsBesideActive,
  versionsIn,
} from '@torchweave/domain';
import type { ErrorRecord, Traffic, WorkflowDefinition, WorkflowVersion } from '@torchweave/domain';
import { setTimeout as sleep } from 'node:timers/promises';
import { StateKeys } from './keys.js';
import { cancelled, longestRemovalMs, lost, now, operationTtl, removalMark, removalPollMs } from './operations.js';
import { Script, type RedisConnection } from './redis-connection.js';
import { definitionIn, readWorkflow, storedOf } from './stored-workflow.js';
import { WorkflowDocuments } from './workflow-documents.js';

const scripts = {
  reserve: new Script('reserve-version-6'),
  activate: new Script('activate-version-8'),
  endWatch: new Script('end-watch-5'),
  rollBack: new Script('roll-back-7'),
  beginUndo: new Script('begin-undo-2'),
  beginRemoval: new Script('begin-version-removal-8'),
  release: new Script('release-version-8'),
  direct: new Script('direct-5'),
};

/** Versions of one workflow beside its active one: each may have models, and processes on every gateway. */
const mostBeside = 8;
/** Versions of one workflow that are remembered after they have gone: each keeps an archive. */
const mostRetired = 10;
/** Overdue versions that are told at once. */
const overdueAtOnce = 100;
/** s for which outcomes are kept after the last report: as long as anybody may watch. */
const outcomesTtl = 900;

type Answer = readonly [answer: 'held', stored: string[], ...unknown[]] | Refusal;
type Refusal = readonly [
  answer:
    | 'lost'
    | 'cancelled'
    | 'missing'
    | 'busy'
    | 'numbered'
    | 'full'
    | 'there'
    | 'removing'
    | 'taken'
    | 'unknown'
    | 'leaving'
    | 'serves',
  first?: string,
  second?: string,
];

interface Unfinished {
  readonly records: { readonly record: WorkflowRecord; readonly updating?: string }[];
  readonly unreadable: UnreadableWorkflow[];
}

/** {@link WorkflowVersions} on Redis or Valkey: a hash for each version beside the active one, which the workflow's own hash has. */
export class RedisWorkflowVersions implements WorkflowVersions {
  private readonly keys: StateKeys;
  private readonly documents: WorkflowDocuments;

  constructor(
    private readonly redis: RedisConnection,
    namespace: string,
  ) {
    this.keys = new StateKeys(namespace);
    this.documents = new WorkflowDocuments(redis, this.keys);
  }

  async list(workflow: string): Promise<VersionsOfWorkflow | undefined> {
    const { keys } = this;
    const [stored, retired, clock] = await this.redis.run((redis) =>
      Promise.all([redis.hgetall(keys.workflow(workflow)), redis.hgetall(keys.retired(workflow)), redis.time()]),
    );
    if (Object.keys(stored).length === 0) return undefined;
    const active = readWorkflow(workflow, stored);
    if (active.phase !== 'ready') return undefined;
    const ids = numbersIn(stored['beside']).map((version) => versionId({ workflow, version }));
    const found = await this.documents.read(ids);
    const ends = ids.length === 0 ? [] : await this.redis.run((redis) => redis.zmscore(keys.warm, ...ids));
    const now = Number(clock[0]) * 1_000 + Number(clock[1]) / 1_000;
    const beside = found.flatMap(({ record }, i) => {
      if (record === undefined) return [];
      const end = ends[i];
      return [{ record, ...(end === null || end === undefined ? {} : { keptMs: Math.max(0, Number(end) - now) }) }];
    });
    const there = new Set([active, ...beside.map(({ record }) => record)].map(({ definition }) => definition.version));
    const { updating, lastVersion } = stored;
    return {
      active,
      beside: beside.sort((a, b) => a.record.definition.version - b.record.definition.version),
      retired: retiredIn(workflow, Object.values(retired))
        .definitions.filter(({ version }) => !there.has(version))
        .sort((a, b) => a.version - b.version),
      lastVersion: Number(lastVersion ?? active.definition.version),
      ...(updating === undefined ? {} : { updating }),
    };
  }

  async get(version: WorkflowVersion): Promise<WorkflowRecord | undefined> {
    const found = await this.documents.findVersion(version);
    if (found?.unreadable !== undefined) throw found.unreadable;
    return found?.record;
  }

  async reserve(
    workflow: string,
    define: (version: number) => WorkflowDefinition,
    run: OperationRun,
    retired?: number,
  ): Promise<WorkflowRecord> {
    const deadline = performance.now() + longestRemovalMs;
    let version = retired ?? 2;
    for (;;) {
      const definition = define(version);
      const reply = await this.tryToReserve(definition, run);
      if (reply[0] === 'held') return readWorkflow(versionId({ workflow, version }), storedOf(reply[1]));
      const [answer, first = '', second = ''] = reply;
      if (answer === 'numbered' && retired === undefined) {
        version = Number(first) + 1;
        continue;
      }
      if (answer === 'taken') {
        const owner = parseVersionId(second).workflow;
        throw new TorchweaveError('modelNameTaken', { workflow, model: first, owner });
      }
      if (answer !== 'removing') throw refusal({ workflow, version }, run, reply);
      if (performance.now() > deadline) {
        const reason = 'what an earlier workflow has left on a model server is still being removed';
        throw new TorchweaveError('operationAbandoned', { operationId: run.operationId, reason });
      }
      await sleep(removalPollMs);
    }
  }

  private async tryToReserve(definition: WorkflowDefinition, run: OperationRun): Promise<Answer> {
    const { keys } = this;
    const { name: workflow, version, url } = definition;
    const id = versionId({ workflow, version });
    return (await this.redis.script(
      scripts.reserve,
      [
        ...[keys.workflow(workflow), keys.version(id), keys.models, keys.unfinishedVersions],
        ...[keys.operation(run.operationId), keys.retired(workflow)],
      ],
      [
        ...[id, version, run.operationId, run.token, JSON.stringify(definition), now(), url],
        ...[removalMark, mostBeside, ...servedModelsOf(definition)],
      ],
    )) as Answer;
  }

  async activate(
    version: WorkflowVersion,
    run: OperationRun,
    { asDefault, keep, watchMs, traffic }: Activation,
  ): Promise<Activated> {
    const { keys } = this;
    const reply = (await this.redis.script(
      scripts.activate,
      [
        ...[keys.workflow(version.workflow), keys.version(versionId(version)), keys.versions, keys.versionChanges],
        ...[keys.unfinishedVersions, keys.warm, keys.revision, keys.operation(run.operationId)],
      ],
      [
        ...[version.workflow, version.version, run.operationId, run.token, now(), operationTtl, keys.changedChannel],
        ...[asDefault ? '1' : '0', keep.ms, keep.versions, keys.version(''), keys.changes, watchMs ?? '', keep.drainMs],
        ...storedTraffic(traffic),
      ],
    )) as Answer;
    if (reply[0] !== 'held') throw refusal({ ...version, version: Number(reply[1] ?? version.version) }, run, reply);
    const record = readWorkflow(version.workflow, storedOf(reply[1]));
    return { record, revision: Number(reply[3]) || record.revision };
  }

  async endWatch(version: WorkflowVersion, run: OperationRun): Promise<void> {
    const { keys } = this;
    const done = await this.redis.script(
      scripts.endWatch,
      [
        ...[keys.workflow(version.workflow), keys.operation(run.operationId), keys.unfinishedVersions],
        ...[keys.changes, keys.revision],
      ],
      [version.workflow, version.version, run.operationId, run.token, operationTtl, keys.changedChannel],
    );
    if (done === -1) throw cancelled(run);
    if (done === 0) throw lost(run);
  }

  async rollBack(version: WorkflowVersion, run: OperationRun, failure: ErrorRecord): Promise<number> {
    const { keys } = this;
    const revision = await this.redis.script(
      scripts.rollBack,
      [
        ...[keys.workflow(version.workflow), keys.version(versionId(version)), keys.versions],
        ...[keys.unfinishedVersions, keys.warm, keys.revision, keys.operation(run.operationId)],
      ],
      [
        ...[version.workflow, version.version, run.operationId, run.token, JSON.stringify(failure), now()],
        ...[keys.changedChannel, keys.version(''), keys.changes, keys.versionChanges],
      ],
    );
    if (revision === 0) throw lost(run);
    return Number(revision);
  }

  async beginUndo(version: WorkflowVersion, run: OperationRun, failure: ErrorRecord): Promise<void> {
    const keys = [this.keys.version(versionId(version)), this.keys.operation(run.operationId)];
    const args = [run.operationId, run.token, JSON.stringify(failure), now()];
    if ((await this.redis.script(scripts.beginUndo, keys, args)) === 0) throw lost(run);
  }

  async beginRemoval(version: WorkflowVersion, run: OperationRun, isRetired: boolean): Promise<Removal> {
    const { keys } = this;
    const reply = (await this.redis.script(
      scripts.beginRemoval,
      [
        ...[keys.workflow(version.workflow), keys.version(versionId(version)), keys.versions, keys.versionChanges],
        ...[keys.unfinishedVersions, keys.warm, keys.revision, keys.operation(run.operationId)],
      ],
      [
        ...[version.workflow, version.version, run.operationId, run.token, now(), keys.changedChannel],
        isRetired ? '1' : '0',
      ],
    )) as Answer;
    if (reply[0] !== 'held') throw refusal(version, run, reply);
    const { definition, revision } = readWorkflow(versionId(version), storedOf(reply[1]));
    return { workflow: version.workflow, revision, models: servedModelsOf(definition) };
  }

  async release(
    version: WorkflowVersion,
    run: OperationRun,
    models: readonly string[],
    orphans: readonly string[],
  ): Promise<void> {
    const { keys } = this;
    const { workflow } = version;
    const done = await this.redis.script(
      scripts.release,
      [
        ...[keys.workflow(workflow), keys.version(versionId(version)), keys.models, keys.unfinishedVersions],
        ...[keys.operation(run.operationId), keys.orphans, keys.retired(workflow), keys.versionTombstones],
      ],
      [
        ...[workflow, version.version, run.operationId, run.token, operationTtl, mostRetired],
        ...[models.length, ...models, ...orphans],
      ],
    );
    if (done === 0) throw lost(run);
    await this.documents.forgetTombstones();
  }

  async direct(workflow: string, run: OperationRun, traffic?: Traffic): Promise<WorkflowRecord> {
    const { keys } = this;
    const reply = (await this.redis.script(
      scripts.direct,
      [keys.workflow(workflow), keys.versions, keys.changes, keys.revision, keys.operation(run.operationId)],
      [
        ...[workflow, run.operationId, run.token, now(), operationTtl, keys.changedChannel],
        ...[...storedTraffic(traffic), traffic === undefined ? '' : versionsBesideActive(traffic).join(' ')],
      ],
    )) as Answer;
    if (reply[0] === 'held') return readWorkflow(workflow, storedOf(reply[1]));
    throw refusal({ workflow, version: Number(reply[1] ?? 0) }, run, reply);
  }

  async overdue(): Promise<readonly WorkflowVersion[]> {
    const [seconds] = await this.redis.run((redis) => redis.time());
    const ids = await this.redis.run((redis) =>
      redis.zrangebyscore(this.keys.warm, '-inf', Number(seconds) * 1_000, 'LIMIT', 0, overdueAtOnce),
    );
    return ids.map(parseVersionId);
  }

  async unfinished(): Promise<Unfinished> {
    const ids = await this.redis.run((redis) => redis.smembers(this.keys.unfinishedVersions));
    const records: Unfinished['records'] = [];
    const unreadable: Unfinished['unreadable'] = [];
    for (const id of ids) {
      const version = parseVersionId(id);
      const found = await this.documents.findVersion(version);
      if (found?.unreadable !== undefined) unreadable.push(found.unreadable);
      if (found?.record === undefined) continue;
      const updating = await this.redis.run((redis) => redis.hget(this.keys.workflow(version.workflow), 'updating'));
      records.push({ record: found.record, ...(updating === null ? {} : { updating }) });
    }
    return { records, unreadable };
  }

  async definitions(workflows: readonly string[]): ReturnType<WorkflowVersions['definitions']> {
    const { keys } = this;
    const stored = await this.redis.run((redis) =>
      Promise.all(
        workflows.map((name) =>
          Promise.all([redis.hget(keys.workflow(name), 'beside'), redis.hvals(keys.retired(name))]),
        ),
      ),
    );
    const ids = stored.flatMap(([beside], i) =>
      numbersIn(beside ?? undefined).map((version) => versionId({ workflow: workflows[i] ?? '', version })),
    );
    const found = await this.documents.read(ids);
    const retired = stored.map(([, texts], i) => retiredIn(workflows[i] ?? '', texts));
    return {
      definitions: [
        ...found.flatMap(({ record }) => record?.definition ?? []),
        ...retired.flatMap(({ definitions }) => definitions),
      ],
      unreadable:
        found.filter(({ unreadable }) => unreadable !== undefined).length +
        retired.reduce((sum, { unreadable }) => sum + unreadable, 0),
    };
  }

  async report(operationId: string, { total, failed }: Outcomes): Promise<void> {
    const key = this.keys.outcomes(operationId);
    await this.redis.run((redis) =>
      redis.multi().hincrby(key, 'total', total).hincrby(key, 'failed', failed).expire(key, outcomesTtl).exec(),
    );
  }

  async outcomes(operationId: string): Promise<Outcomes> {
    const [total, failed] = await this.redis.run((redis) =>
      redis.hmget(this.keys.outcomes(operationId), 'total', 'failed'),
    );
    return { total: Number(total ?? 0), failed: Number(failed ?? 0) };
  }
}

/** A traffic as scripts take it: its document, and the versions in it. */
const storedTraffic = (traffic: Traffic | undefined): readonly string[] =>
  traffic === undefined ? ['', ''] : [JSON.stringify(traffic), versionsIn(traffic).join(' ')];

/** One that cannot be read is known no more, and hurts no other. */
function retiredIn(
  workflow: string,
  texts: readonly string[],
): { definitions: WorkflowDefinition[]; unreadable: number } {
  const definitions = texts.flatMap((text) => {
    try {
      return definitionIn(workflow, text);
    } catch (error) {
      if (isTorchweaveError(error, 'workflowUnreadable')) return [];
      throw error;
    }
  });
  return { definitions, unreadable: texts.length - definitions.length };
}

const numbersIn = (text: string | undefined): number[] => (text ?? '').split(' ').filter(Boolean).map(Number);

/** What a script has refused, by its first word. */
function refusal(
  { workflow, version }: WorkflowVersion,
  run: OperationRun,
  [answer, first = '', second = '']: Refusal,
): TorchweaveError {
  switch (answer) {
    case 'missing':
      return new TorchweaveError('workflowNotFound', { workflow });
    case 'unknown':
      return new TorchweaveError('versionNotFound', { workflow, version });
    case 'serves':
      return new TorchweaveError('versionServes', { workflow, version });
    case 'leaving':
    case 'there':
      return new TorchweaveError('versionLeaving', { workflow, version });
    case 'full':
      return new TorchweaveError('versionsFull', { workflow, limit: mostBeside });
    case 'busy':
      return new TorchweaveError('workflowBusy', { workflow, phase: first, operationId: second });
    case 'cancelled':
      return cancelled(run);
    default:
      return lost(run);
  }
}
