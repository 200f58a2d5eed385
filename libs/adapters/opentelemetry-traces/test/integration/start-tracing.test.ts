import { silentLogger, type Logger, type Tracing } from '@torchweave/application';
import { OtlpReceiver } from '@torchweave/testing/otlp';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { startTracing } from '../../src/index.js';

const told: [data: object, message: string][] = [];
const logger: Logger = {
  ...silentLogger,
  warn: (...event) => told.push(event),
  info: (...event) => told.push(event),
};
afterEach(() => void told.splice(0));

const start = (origin: string, options: object = {}): Tracing => {
  const tracing = startTracing({
    ...{
      url: `${origin}/v1/traces`,
      timeoutMs: 500,
      sampler: 'always_on',
      ratio: 1,
      resource: { 'service.name': 's' },
    },
    ...{ delayMs: 1, maxSpans: 100, logger },
    ...options,
  });
  onTestFinished(() => tracing.close());
  return tracing;
};

const trace = ({ requests }: Tracing, workflow = 'w'): void =>
  requests
    .requestStarted({ workflow, requestId: 'r', method: 'POST', route: '/wfpredict/:name', headers: {} })
    .ended('ok', 200);

async function receiver(port = 0): Promise<OtlpReceiver> {
  const collector = await OtlpReceiver.start(port);
  onTestFinished(() => collector.close());
  return collector;
}

describe('traces', () => {
  it('come to a collector with what the process is, and long values cut', async () => {
    const collector = await receiver();
    trace(start(collector.url), 'x'.repeat(10_000));
    const [span] = await collector.until((spans) => spans.length > 0);
    expect(span).toMatchObject({
      name: 'POST /wfpredict/:name',
      attributes: { 'torchweave.workflow': 'x'.repeat(256), 'http.response.status_code': 200 },
      resource: { 'service.name': 's', 'telemetry.sdk.name': 'opentelemetry' },
    });
  });

  it('are sent at the end though their time has not come', async () => {
    const collector = await receiver();
    const tracing = start(collector.url, { delayMs: 60_000 });
    trace(tracing);
    await tracing.close();
    expect(collector.spans).toHaveLength(1);
  });

  it('are as many as the sampler says', async () => {
    const collector = await receiver();
    const off = start(collector.url, { sampler: 'traceidratio', ratio: 0 });
    trace(off);
    await off.close();
    expect(collector.spans).toEqual([]);
  });

  it('that a collector refuses are told once, and once when it takes them again', async () => {
    const collector = await receiver();
    const tracing = start(collector.url);
    collector.status = 401;
    for (let i = 1; i <= 2; i += 1) {
      trace(tracing);
      await collector.until(() => collector.headers.length >= i);
    }
    collector.status = 200;
    trace(tracing);
    await collector.until((spans) => spans.length > 0);
    await tracing.close();
    expect(told).toEqual([
      [
        { collector: collector.url, reason: 'it answers 401' },
        'the collector does not take the traces: spans are lost until it does',
      ],
      [{ collector: collector.url, lostSpans: 2 }, 'the collector takes the traces again'],
    ]);
  });

  it('that have nowhere to go are told of without what signs in there, and the end does not wait for them', async () => {
    const gone = await OtlpReceiver.start();
    const { port } = gone;
    await gone.close();
    const tracing = start(`http://user:secret@127.0.0.1:${port}`);
    trace(tracing);
    await tracing.close();
    expect(told).toEqual([[{ collector: `http://127.0.0.1:${port}`, reason: 'ECONNREFUSED' }, expect.any(String)]]);
  });

  it('end in time where the collector never answers', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    await new Promise((resolve) => silent.once('listening', resolve));
    const tracing = start(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`, { timeoutMs: 600_000 });
    trace(tracing);
    await tracing.close();
    expect(told).toEqual([]);
  });
});
