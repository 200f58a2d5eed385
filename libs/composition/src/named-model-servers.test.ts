import { ModelServerFleet, silentLogger, type InferenceOptions, type ModelServer } from '@torchweave/application';
import { describe, expect, it } from 'vitest';
import { atAddress, isExpandable, NamedModelServers } from './named-model-servers.js';

describe('isExpandable', () => {
  it.each([
    ['http://torchserve:8081', 'http://torchserve:8080', true],
    ['http://ts.example.org:8081', 'http://ts.example.org:8080', true],
    ['http://localhost:8081', 'http://localhost:8080', false],
    ['http://10.0.0.7:8081', 'http://10.0.0.7:8080', false],
    ['http://[::1]:8081', 'http://[::1]:8080', false],
    ['https://torchserve:8081', 'https://torchserve:8080', false],
    ['http://one:8081', 'http://other:8080', false],
  ])('of %s and %s is %s', (management, inference, expected) => {
    expect(isExpandable(management, inference)).toBe(expected);
  });
});

describe('atAddress', () => {
  it.each([
    ['http://torchserve:8081', '10.0.0.7', 'http://10.0.0.7:8081/'],
    ['http://torchserve:8081/ts', 'fd00::7', 'http://[fd00::7]:8081/ts'],
  ])('of %s and %s is %s', (url, address, expected) => expect(atAddress(url, address)).toBe(expected));
});

/** Model servers that are only up, slow and closed. */
class Fakes {
  readonly closed: string[] = [];
  readonly answers = new Map<string, () => void>();

  create(endpoint: string): ModelServer {
    return {
      endpoint,
      name: 'fake',
      inference: {
        isHealthy: () => Promise.resolve(true),
        infer: () => new Promise((resolve) => this.answers.set(endpoint, () => resolve({ value: new Uint8Array() }))),
      },
      close: () => Promise.resolve(void this.closed.push(endpoint)),
    };
  }
}

describe('NamedModelServers', () => {
  function named(resolve: () => readonly string[]): {
    fleet: ModelServerFleet;
    names: NamedModelServers;
    fakes: Fakes;
  } {
    const fakes = new Fakes();
    const fleet = new ModelServerFleet([], silentLogger);
    const name = { host: 'torchserve', create: (address: string) => fakes.create(address) };
    // A failure of the resolver becomes a rejection.
    const names = new NamedModelServers(fleet, [name], silentLogger, async () => resolve());
    return { fleet, names, fakes };
  }
  const endpoints = (fleet: ModelServerFleet): string[] => fleet.status.map(({ endpoint }) => endpoint).sort();
  const options: InferenceOptions = {
    requestId: 'r',
    headers: {},
    timeoutMs: 1_000,
    signal: new AbortController().signal,
  };

  it('keeps a server for each address that the name has', async () => {
    let addresses = ['10.0.0.1', '10.0.0.2'];
    const { fleet, names, fakes } = named(() => addresses);
    await names.start();
    expect(endpoints(fleet)).toEqual(['10.0.0.1', '10.0.0.2']);
    addresses = ['10.0.0.2', '10.0.0.3'];
    await names.refresh();
    expect(endpoints(fleet)).toEqual(['10.0.0.2', '10.0.0.3']);
    expect(fakes.closed).toEqual(['10.0.0.1']);
    await names.close();
  });

  it('lets a server that leaves answer what is under way', async () => {
    let addresses = ['10.0.0.1'];
    const { fleet, names, fakes } = named(() => addresses);
    await names.refresh();
    const answered = fleet.infer('m', [], options);
    addresses = [];
    await names.refresh();
    expect([endpoints(fleet), fakes.closed]).toEqual([[], []]);
    fakes.answers.get('10.0.0.1')?.();
    await answered;
    expect(fakes.closed).toEqual(['10.0.0.1']);
  });

  it('keeps the servers it has while the name cannot be looked up', async () => {
    let isBroken = false;
    const { fleet, names } = named(() => {
      if (isBroken) throw new Error('EAI_AGAIN');
      return ['10.0.0.1'];
    });
    await names.refresh();
    isBroken = true;
    await names.refresh();
    expect(endpoints(fleet)).toEqual(['10.0.0.1']);
  });

  it('registers nothing on a fleet without servers, and says so', async () => {
    const { fleet, names } = named(() => []);
    await names.refresh();
    const numbers = { minWorkers: 1, maxWorkers: 1, batchSize: 1, maxBatchDelay: 1, responseTimeoutMs: 1 };
    const registered = fleet.register({ name: 'm', url: 'm.mar', ...numbers }, AbortSignal.timeout(10_000));
    await expect(registered).rejects.toMatchObject({ code: 'noModelServer' });
  });
});
