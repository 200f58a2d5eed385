import type { OperationRun, ScalingOrder, WorkflowRecord, WorkflowScaling } from '@torchweave/application';
import { TorchweaveError, type ErrorRecord, type WorkflowDefinition } from '@torchweave/domain';
import { StateKeys } from './keys.js';
import { cancelled, lost, operationTtl } from './operations.js';
import { Script, type RedisConnection } from './redis-connection.js';
import { readWorkflow, storedOf } from './stored-workflow.js';
import { WorkflowDocuments } from './workflow-documents.js';

const scripts = {
  begin: new Script('begin-scaling-3'),
  undo: new Script('undo-scaling-2'),
  end: new Script('end-scaling-3'),
};

type BeginAnswer =
  | readonly [answer: 'held', stored: string[]]
  | readonly [answer: 'lost' | 'cancelled' | 'missing' | 'busy' | 'changed', phase?: string, operationId?: string];

/** {@link WorkflowScaling} on Redis or Valkey: fields of the workflow's own hash. */
export class RedisWorkflowScaling implements WorkflowScaling {
  private readonly keys: StateKeys;
  private readonly documents: WorkflowDocuments;

  constructor(
    private readonly redis: RedisConnection,
    namespace: string,
  ) {
    this.keys = new StateKeys(namespace);
    this.documents = new WorkflowDocuments(redis, this.keys);
  }

  async begin(
    workflow: string,
    orderOf: (definition: WorkflowDefinition) => ScalingOrder,
    run: OperationRun,
  ): Promise<WorkflowRecord> {
    for (;;) {
      const found = await this.documents.find(workflow);
      if (found?.unreadable !== undefined) throw found.unreadable;
      if (found?.record === undefined) throw new TorchweaveError('workflowNotFound', { workflow });
      const { definition } = found.record;
      const scaling = JSON.stringify({ operationId: run.operationId, ...orderOf(definition) });
      const args = [workflow, definition.version, run.operationId, run.token, scaling];
      const reply = (await this.redis.script(scripts.begin, this.keysOf(workflow, run), args)) as BeginAnswer;
      if (reply[0] === 'held') return readWorkflow(workflow, storedOf(reply[1]));
      const [answer, phase = '', operationId = ''] = reply;
      if (answer === 'lost') throw lost(run);
      if (answer === 'cancelled') throw cancelled(run);
      if (answer === 'missing') throw new TorchweaveError('workflowNotFound', { workflow });
      if (answer === 'busy') throw new TorchweaveError('workflowBusy', { workflow, phase, operationId });
    }
  }

  commit(definition: WorkflowDefinition, run: OperationRun): Promise<void> {
    return this.end(definition.name, run, JSON.stringify(definition));
  }

  async beginUndo(workflow: string, run: OperationRun, failure: ErrorRecord): Promise<void> {
    const keys = [this.keys.workflow(workflow), this.keys.operation(run.operationId)];
    const args = [run.operationId, run.token, JSON.stringify(failure)];
    if ((await this.redis.script(scripts.undo, keys, args)) === 0) throw lost(run);
  }

  release(workflow: string, run: OperationRun): Promise<void> {
    return this.end(workflow, run, '');
  }

  private async end(workflow: string, run: OperationRun, definition: string): Promise<void> {
    const args = [workflow, run.operationId, run.token, operationTtl, definition];
    const done = await this.redis.script(scripts.end, this.keysOf(workflow, run), args);
    if (done === -1) throw cancelled(run);
    if (done === 0) throw lost(run);
  }

  private keysOf(workflow: string, { operationId }: OperationRun): string[] {
    return [this.keys.workflow(workflow), this.keys.unfinishedVersions, this.keys.operation(operationId)];
  }
}
