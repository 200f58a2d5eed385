import { silentLogger, type RequestOutcome, type RequestSpan } from '@torchweave/application';
import { TorchweaveError, type WorkflowNode } from '@torchweave/domain';
import { beforeEach, describe, expect, it } from 'vitest';
import { Monitoring } from './monitoring.js';
import { WorkflowMetrics } from './workflow-metrics.js';

const net = { name: 'net' } as WorkflowNode;

describe('WorkflowMetrics', () => {
  let served: Map<string, number>;
  let monitoring: Monitoring;
  let metrics: WorkflowMetrics;

  beforeEach(() => {
    served = new Map([['digits', 1]]);
    monitoring = new Monitoring('gateway', silentLogger);
    metrics = new WorkflowMetrics(monitoring, (name) => served.get(name));
  });

  const start = (workflow: string): RequestSpan => metrics.requestStarted({ workflow, requestId: 'r' });
  const run = (workflow: string, outcome: RequestOutcome): void => start(workflow).ended(outcome);

  /** The samples of workflows and nodes, buckets and durations left out. */
  async function samples(): Promise<string[]> {
    const lines = (await monitoring.scrape()).split('\n');
    return lines.filter((line) => /^torchweave_(workflow|node)/.test(line) && !/_bucket|_sum|unknown.* 0$/.test(line));
  }

  it('counts a request by its outcome, and while it is under way', async () => {
    const request = start('digits');
    expect(await samples()).toContain('torchweave_workflow_requests_in_flight{workflow="digits"} 1');
    request.ended('ok');
    run('digits', 'client_error');
    const after = await samples();
    expect(after).toContain('torchweave_workflow_requests_in_flight{workflow="digits"} 0');
    expect(after).toContain('torchweave_workflow_requests_total{workflow="digits",outcome="ok"} 1');
    expect(after).toContain('torchweave_workflow_requests_total{workflow="digits",outcome="client_error"} 1');
    expect(after).toContain('torchweave_workflow_request_duration_seconds_count{workflow="digits"} 2');
  });

  it('counts the attempts, failures and retries of each node', async () => {
    const error = new TorchweaveError('noModelServer', { model: 'digits__net' });
    const request = start('digits');
    request.attemptStarted(net, 1).ended({ outcome: 'failed', durationMs: 5, error });
    request.attemptStarted(net, 2).ended({ outcome: 'ok', durationMs: 5, waitedMs: 2 });
    start('digits').attemptStarted(net, 1).ended({ outcome: 'cancelled', durationMs: 5, error });
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
      const request = start(name);
      request.failed(new TorchweaveError('workflowNotFound', { workflow: name }));
      request.ended('client_error');
    }
    expect(await samples()).toEqual([
      'torchweave_workflow_requests_total{workflow="unknown",outcome="client_error"} 3',
      'torchweave_workflow_failures_total{workflow="unknown",code="workflowNotFound"} 3',
      'torchweave_workflow_request_duration_seconds_count{workflow="unknown"} 3',
    ]);
  });

  it('forgets a workflow that is unregistered, also when a request of it ends later', async () => {
    const request = start('digits');
    request.attemptStarted(net, 1).ended({ outcome: 'ok', durationMs: 5 });
    const underWay = request.attemptStarted(net, 1);
    served.delete('digits');
    expect((await samples()).filter((line) => line.includes('digits'))).toEqual([]);
    underWay.ended({ outcome: 'ok', durationMs: 5 });
    request.attemptStarted(net, 1).ended({ outcome: 'ok', durationMs: 5 });
    request.ended('ok');
    const after = await samples();
    expect(after.filter((line) => line.includes('digits'))).toEqual([]);
    expect(after).toContain('torchweave_workflow_requests_total{workflow="unknown",outcome="ok"} 1');
  });

  /** The samples of versions and of copies. */
  async function samplesOfVersions(): Promise<string[]> {
    const lines = (await monitoring.scrape()).split('\n');
    return lines.filter((line) => /^torchweave_(version|shadow)/.test(line) && !/_bucket|_sum| 0$/.test(line));
  }
  const runVersion = (version: number, outcome: RequestOutcome): void => {
    const request = start('digits');
    request.served(version);
    request.ended(outcome);
  };

  it('counts requests by version, and times them from the second version on', async () => {
    runVersion(1, 'ok');
    runVersion(2, 'failed');
    runVersion(1, 'ok');
    expect(await samplesOfVersions()).toEqual([
      'torchweave_version_requests_total{workflow="digits",version="1",outcome="ok"} 2',
      'torchweave_version_requests_total{workflow="digits",version="2",outcome="failed"} 1',
      'torchweave_version_request_duration_seconds_count{workflow="digits",version="2"} 1',
      'torchweave_version_request_duration_seconds_count{workflow="digits",version="1"} 1',
    ]);
  });

  it('counts and times copies by version, but for those that were dropped, which it counts', async () => {
    const copy = { workflow: 'digits', version: 3 };
    metrics.shadowEnded({ ...copy, outcome: 'same', durationMs: 5 });
    metrics.shadowEnded({ ...copy, outcome: 'dropped' });
    expect(await samplesOfVersions()).toEqual([
      'torchweave_shadow_requests_total{workflow="digits",version="3",outcome="same"} 1',
      'torchweave_shadow_requests_total{workflow="digits",version="3",outcome="dropped"} 1',
      'torchweave_shadow_request_duration_seconds_count{workflow="digits",version="3"} 1',
    ]);
  });

  it('counts the last sixteen versions, and forgets all of them with their workflow', async () => {
    for (let version = 1; version <= 20; version += 1) {
      runVersion(version, 'ok');
      metrics.shadowEnded({ workflow: 'digits', version, outcome: 'same', durationMs: 5 });
    }
    const versions = (await samplesOfVersions()).map((line) => /version="(\d+)"/.exec(line)?.[1]);
    expect(new Set(versions).size).toBe(16);
    expect(versions).not.toContain('4');
    served.delete('digits');
    await samplesOfVersions();
    expect(await samplesOfVersions()).toEqual([]);
  });

  it('counts another registration of a name from zero', async () => {
    run('digits', 'ok');
    await samples();
    served.set('digits', 2);
    await samples();
    run('digits', 'failed');
    expect((await samples()).filter((line) => /requests_total\{workflow="digits".* [1-9]/.test(line))).toEqual([
      'torchweave_workflow_requests_total{workflow="digits",outcome="failed"} 1',
    ]);
  });
});
