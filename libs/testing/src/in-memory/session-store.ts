import type { SessionStore } from '@torchweave/application';

/** {@link SessionStore} in this process. */
export class InMemorySessionStore implements SessionStore {
  private readonly sessions = new Map<string, { readonly proof: string; readonly endsAt: number }>();

  constructor(private readonly limit = 1_000) {}

  put(id: string, proof: string, ttlMs: number): Promise<void> {
    const now = performance.now();
    for (const [known, { endsAt }] of this.sessions) if (endsAt <= now) this.sessions.delete(known);
    while (this.sessions.size >= this.limit) this.sessions.delete(this.first());
    this.sessions.set(id, { proof, endsAt: now + ttlMs });
    return Promise.resolve();
  }

  find(id: string): Promise<string | undefined> {
    const found = this.sessions.get(id);
    return Promise.resolve(found === undefined || found.endsAt <= performance.now() ? undefined : found.proof);
  }

  remove(id: string): Promise<void> {
    this.sessions.delete(id);
    return Promise.resolve();
  }

  private first(): string {
    const [first] = [...this.sessions].sort(([, a], [, b]) => a.endsAt - b.endsAt);
    return first?.[0] ?? '';
  }
}
