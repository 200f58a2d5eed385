import { TorchweaveError, type WorkflowNode } from '@torchweave/domain';
import { describe, expect, it } from 'vitest';
import type { JobTelemetry, RequestTelemetry, StartedJob, StartedRequest, TraceContext } from '../ports/telemetry.js';
import { observeJobs, observeRequests } from './several-observers.js';

const request: StartedRequest = {
  workflow: 'w',
  requestId: 'r',
  method: 'POST',
  route: '/wfpredict/:name',
  headers: {},
};
const job: StartedJob = { name: 'register-workflow', operationId: 'op', run: 1 };
const node: WorkflowNode = { name: 'a', kind: 'function', timeoutMs: 1_000, retryAttempts: 0 } as WorkflowNode;
const error = new TorchweaveError('clientGone', {});
const trace: TraceContext = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };

function requestObserver(told: unknown[], traced?: TraceContext): RequestTelemetry {
  return {
    requestStarted: (...started) => {
      told.push(['requestStarted', ...started]);
      return {
        traceId: traced?.traceparent.slice(3, 35),
        served: (...given) => told.push(['served', ...given]),
        attemptStarted: (...given) => {
          told.push(['attemptStarted', ...given]);
          return { trace: traced, ended: (...end) => told.push(['attempt ended', ...end]) };
        },
        failed: (...given) => told.push(['failed', ...given]),
        ended: (...given) => told.push(['ended', ...given]),
      };
    },
  };
}

function jobObserver(told: unknown[]): JobTelemetry {
  return {
    jobStarted: (...started) => {
      told.push(['jobStarted', ...started]);
      return {
        stepStarted: (...given) => {
          told.push(['stepStarted', ...given]);
          return { ended: (...end) => told.push(['step ended', ...end]) };
        },
        concerns: (...given) => told.push(['concerns', ...given]),
        ended: (...given) => told.push(['ended', ...given]),
      };
    },
  };
}

describe('several observers', () => {
  it('are none where there is none, and the one where there is one', () => {
    const one = requestObserver([]);
    const other = jobObserver([]);
    expect(observeRequests(undefined, undefined)).toBeUndefined();
    expect(observeRequests(undefined, one)).toBe(one);
    expect(observeJobs()).toBeUndefined();
    expect(observeJobs(other, undefined)).toBe(other);
  });

  it('are each told all of a request', () => {
    const [first, second]: [unknown[], unknown[]] = [[], []];
    const span = observeRequests(requestObserver(first), requestObserver(second))?.requestStarted(request);
    span?.served(3);
    span?.attemptStarted(node, 2).ended({ outcome: 'failed', durationMs: 5, error });
    span?.failed(error);
    span?.ended('failed', 500);
    expect(first).toEqual([
      ['requestStarted', request],
      ['served', 3],
      ['attemptStarted', node, 2],
      ['attempt ended', { outcome: 'failed', durationMs: 5, error }],
      ['failed', error],
      ['ended', 'failed', 500],
    ]);
    expect(second).toEqual(first);
  });

  it('have the place in a trace of whoever knows one', () => {
    const both = observeRequests(requestObserver([]), requestObserver([], trace))?.requestStarted(request);
    expect(both?.traceId).toBe('a'.repeat(32));
    expect(both?.attemptStarted(node, 1).trace).toEqual(trace);
    const none = observeRequests(requestObserver([]), requestObserver([]))?.requestStarted(request);
    expect([none?.traceId, none?.attemptStarted(node, 1).trace]).toEqual([undefined, undefined]);
  });

  it('are each told all of a job', () => {
    const [first, second]: [unknown[], unknown[]] = [[], []];
    const span = observeJobs(jobObserver(first), jobObserver(second))?.jobStarted(job);
    span?.concerns('w');
    span?.stepStarted('reserve').ended('failed', 4, error);
    span?.ended('failed', 9, error);
    expect(first).toEqual([
      ['jobStarted', job],
      ['concerns', 'w'],
      ['stepStarted', 'reserve'],
      ['step ended', 'failed', 4, error],
      ['ended', 'failed', 9, error],
    ]);
    expect(second).toEqual(first);
  });
});
