import type { StateFacts, StateProbe } from '@torchweave/application';

/** {@link StateProbe} of a state in this process; `facts` can be made worse. */
export class InMemoryStateProbe implements StateProbe {
  constructor(private readonly other: Partial<StateFacts> = {}) {}

  facts(): Promise<StateFacts> {
    return Promise.resolve({
      ...{ latencyMs: 0, server: 'Memory 1', usedBytes: 1, limitBytes: 0, evictionPolicy: 'noeviction' },
      ...{ evictedKeys: 0, isPersistent: true, hasWriteFailure: false, role: 'master' },
      ...this.other,
    });
  }
}
