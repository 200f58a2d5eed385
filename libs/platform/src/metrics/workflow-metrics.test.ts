import { silentLogger } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { beforeEach, describe, expect, it } from 'vitest';
import { Monitoring } from './monitoring.js';
import { WorkflowMetrics } from './workflow-metrics.js';

describe('WorkflowMetrics', () => {
  let served: Map<string, number>;
  let monitoring: Monitoring;
  let metrics: WorkflowMetrics;

  beforeEach(() => {
    served = new Map([['digits', 1]]);
    monitoring = new Monitoring('gateway', silentLogger);
    metrics = new WorkflowMetrics(monitoring, (name) => served.get(name));
  });

  /** The samples of workflows and nodes, buckets and durations left out. */
  async function samples(): Promise<string[]> {
    const lines = (await monitoring.scrape()).split('\n');
    return lines.filter((line) => /^torchweave_(workflow|node)/.test(line) && !/_bucket|_sum|unknown.* 0$/.test(line));
  }

  it('counts a request by its outcome, and while it is under way', async () => {
    const end = metrics.requestStarted('digits');
    expect(await samples()).toContain('torchweave_workflow_requests_in_flight{workflow="digits"} 1');
    end('ok');
    metrics.requestStarted('digits')('client_error');
    const after = await samples();
    expect(after).toContain('torchweave_workflow_requests_in_flight{workflow="digits"} 0');
    expect(after).toContain('torchweave_workflow_requests_total{workflow="digits",outcome="ok"} 1');
    expect(after).toContain('torchweave_workflow_requests_total{workflow="digits",outcome="client_error"} 1');
    expect(after).toContain('torchweave_workflow_request_duration_seconds_count{workflow="digits"} 2');
  });

  it('counts the attempts, failures and retries of each node', async () => {
    const error = new TorchweaveError('noModelServer', { model: 'digits__net' });
    metrics.nodeFinished('digits', 'net', { outcome: 'failed', durationMs: 5, error });
    metrics.nodeRetried('digits', 'net');
    metrics.nodeFinished('digits', 'net', { outcome: 'ok', durationMs: 5, waitedMs: 2 });
    metrics.nodeFinished('digits', 'net', { outcome: 'cancelled', durationMs: 5, error });
    expect(await samples()).toEqual(
      expect.arrayContaining([
        'torchweave_node_attempts_total{workflow="digits",node="net",outcome="ok"} 1',
        'torchweave_node_attempts_total{workflow="digits",node="net",outcome="failed"} 1',
        'torchweave_node_attempts_total{workflow="digits",node="net",outcome="cancelled"} 1',
        'torchweave_node_failures_total{workflow="digits",node="net",code="noModelServer"} 1',
        'torchweave_node_retries_total{workflow="digits",node="net"} 1',
        'torchweave_node_attempt_duration_seconds_count{workflow="digits",node="net"} 3',
        'torchweave_node_wait_duration_seconds_count{workflow="digits",node="net"} 1',
        'torchweave_node_run_duration_seconds_count{workflow="digits",node="net"} 1',
      ]),
    );
  });

  it('makes no labels of names that are not served', async () => {
    for (const name of ['a', 'b', 'c']) {
      const end = metrics.requestStarted(name);
      metrics.requestFailed(name, new TorchweaveError('workflowNotFound', { workflow: name }));
      end('client_error');
    }
    expect(await samples()).toEqual([
      'torchweave_workflow_requests_total{workflow="unknown",outcome="client_error"} 3',
      'torchweave_workflow_failures_total{workflow="unknown",code="workflowNotFound"} 3',
      'torchweave_workflow_request_duration_seconds_count{workflow="unknown"} 3',
    ]);
  });

  it('forgets a workflow that is unregistered, also when a request of it ends later', async () => {
    const end = metrics.requestStarted('digits');
    metrics.nodeFinished('digits', 'net', { outcome: 'ok', durationMs: 5 });
    served.delete('digits');
    expect((await samples()).filter((line) => line.includes('digits'))).toEqual([]);
    metrics.nodeFinished('digits', 'net', { outcome: 'ok', durationMs: 5 });
    end('ok');
    const after = await samples();
    expect(after.filter((line) => line.includes('digits'))).toEqual([]);
    expect(after).toContain('torchweave_workflow_requests_total{workflow="unknown",outcome="ok"} 1');
  });

  it('counts another registration of a name from zero', async () => {
    metrics.requestStarted('digits')('ok');
    await samples();
    served.set('digits', 2);
    await samples();
    metrics.requestStarted('digits')('failed');
    expect((await samples()).filter((line) => /requests_total\{workflow="digits".* [1-9]/.test(line))).toEqual([
      'torchweave_workflow_requests_total{workflow="digits",outcome="failed"} 1',
    ]);
  });
});
