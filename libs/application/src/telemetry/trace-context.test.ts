import { describe, expect, it } from 'vitest';
import { readTraceContext, withTrace } from './trace-context.js';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${trace}-00f067aa0ba902b7-01`;

describe('a stored trace context', () => {
  it.each([
    ['without state', { traceparent }],
    ['with state', { traceparent, tracestate: 'vendor=1,other=a b' }],
    ['with as much state as there may be', { traceparent, tracestate: 'x'.repeat(512) }],
  ])('is read %s', (_, stored) => {
    expect(readTraceContext(stored)).toEqual(stored);
  });

  it('is read without what does not belong to it', () => {
    expect(readTraceContext({ traceparent, baggage: 'x' })).toEqual({ traceparent });
  });

  it.each([
    ['too long', 'x'.repeat(513)],
    ['empty', ''],
    ['with a line break', 'a=1\r\nx-key: 2'],
    ['no text', 5],
  ])('is read without a state that is %s', (_, tracestate) => {
    expect(readTraceContext({ traceparent, tracestate })).toEqual({ traceparent });
  });

  it.each([
    undefined,
    null,
    traceparent,
    [],
    {},
    { traceparent: 5 },
    { traceparent: `${traceparent}-more` },
    { traceparent: traceparent.toUpperCase() },
    { traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` },
    { traceparent: `00-${trace}-${'0'.repeat(16)}-01` },
    { traceparent: `ff-${trace}-00f067aa0ba902b7-01` },
    { traceparent: `${traceparent}\n` },
    { traceparent: 'x'.repeat(1_000_000) },
  ])('is none where it is %.60j', (stored) => {
    expect(readTraceContext(stored)).toBeUndefined();
  });
});

describe('headers with a trace', () => {
  it("have its place instead of the client's own, however the client wrote that", () => {
    const headers = { 'X-Tenant': 'blue', Traceparent: '00-ab-cd-01', TRACESTATE: 'old=1' };
    expect(withTrace(headers, { traceparent })).toEqual({ 'X-Tenant': 'blue', traceparent });
    expect(withTrace(headers, { traceparent, tracestate: 'new=1' })).toEqual({
      ...{ 'X-Tenant': 'blue', traceparent, tracestate: 'new=1' },
    });
  });
});
