import type { UnreadableWorkflow, WorkflowRecord } from '@torchweave/application';
import { isTorchweaveError, TorchweaveError, versionId, type WorkflowVersion } from '@torchweave/domain';
import type { StateKeys } from './keys.js';
import { Script, type RedisConnection } from './redis-connection.js';
import { readWorkflow, unreadable, type StoredWorkflow } from './stored-workflow.js';

/** ms that gateways can be away and still learn of a removal without reading everything again. */
const tombstoneTtl = 86_400_000;
const tombstonesAtOnce = 100;

const forgetTombstones = new Script('forget-tombstones-3');

/** What is stored of a workflow: a record, something unreadable, or nothing. */
export interface FoundWorkflow {
  readonly workflow: string;
  /** Where there is one; empty where that cannot be told. */
  readonly operationId: string;
  readonly record?: WorkflowRecord;
  readonly unreadable?: UnreadableWorkflow;
  /** Of what cannot be read: whether it is served by those who can. */
  readonly isReady?: boolean;
}

/** Reads workflows one by one from what is stored: what cannot be read of one hurts no other. */
export class WorkflowDocuments {
  constructor(
    private readonly redis: RedisConnection,
    private readonly keys: StateKeys,
  ) {}

  /** @returns undefined where nothing is stored. */
  async find(workflow: string): Promise<FoundWorkflow | undefined> {
    const [found] = await this.read([workflow]);
    return found?.record === undefined && found?.unreadable === undefined ? undefined : found;
  }

  /** A version of a workflow that is ready, wherever it stands, or one that an operation has in its hands. */
  async findVersion(version: WorkflowVersion): Promise<FoundWorkflow | undefined> {
    const { workflow } = version;
    const [head, beside] = await this.read([workflow, versionId(version)]);
    if (head?.record?.definition.version === version.version) return head;
    if (beside?.record !== undefined || beside?.unreadable !== undefined) return beside;
    return head?.unreadable === undefined ? undefined : head;
  }

  /** What is stored of each: a workflow by its name, a version beside the active one by its id. */
  async read(names: readonly string[]): Promise<readonly FoundWorkflow[]> {
    if (names.length === 0) return [];
    const replies = await this.redis.run((redis) => {
      const pipeline = redis.pipeline();
      for (const name of names) pipeline.hgetall(this.keys.entry(name));
      return pipeline.exec();
    });
    const found = names.map((workflow, i): FoundWorkflow => {
      const [error, stored] = replies?.[i] ?? [];
      if (error instanceof Error) return wrongType(workflow, error);
      return foundIn(workflow, stored as StoredWorkflow);
    });
    return this.withIndex(found);
  }

  /**
   * What has no readable document may be ready all the same: by the index alone. Where nothing at all is stored of such a name,
   * an eviction, or a hand, has taken it.
   */
  private async withIndex(found: readonly FoundWorkflow[]): Promise<readonly FoundWorkflow[]> {
    const without = found.filter(({ record }) => record === undefined);
    if (without.length === 0) return found;
    const names = without.map(({ workflow }) => workflow);
    const scores = await this.redis.run((redis) =>
      Promise.all([redis.zmscore(this.keys.ready, ...names), redis.zmscore(this.keys.versions, ...names)]),
    );
    const ready = new Set(names.filter((_, i) => scores.some((score) => score[i] !== null)));
    return found.map((each) => {
      const { workflow } = each;
      if (each.record !== undefined || !ready.has(workflow)) return each;
      return { unreadable: unreadable(workflow, 'its document is missing'), ...each, isReady: true };
    });
  }

  /** Of removals that every gateway has followed long since. */
  async forgetTombstones(): Promise<void> {
    const { keys } = this;
    const bounds = [tombstoneTtl, tombstonesAtOnce];
    const ofWorkflows = [keys.tombstones, keys.changes, keys.ready];
    await this.redis.script(forgetTombstones, ofWorkflows, [keys.workflow(''), ...bounds]);
    const ofVersions = [keys.versionTombstones, keys.versionChanges, keys.versions];
    await this.redis.script(forgetTombstones, ofVersions, [keys.version(''), ...bounds]);
  }
}

function foundIn(workflow: string, stored: StoredWorkflow): FoundWorkflow {
  const operationId = stored['operationId'] ?? '';
  if (Object.keys(stored).length === 0) return { workflow, operationId };
  try {
    return { workflow, operationId, record: readWorkflow(workflow, stored) };
  } catch (error) {
    if (!isTorchweaveError(error, 'workflowUnreadable')) throw error;
    return { workflow, operationId, unreadable: error };
  }
}

/** The server's own protocol word for a key of another type; anything else is the connection's fault. */
function wrongType(workflow: string, error: Error): FoundWorkflow {
  if (error.message.startsWith('WRONGTYPE')) {
    return { workflow, operationId: '', unreadable: unreadable(workflow, 'its key holds no hash') };
  }
  throw new TorchweaveError('stateUnavailable', { reason: error.message, retryAfterSeconds: 1 }, { cause: error });
}
