/**
 * The one producer of Redis keys. All of them share the hash tag `{<namespace>}`, so that Redis Cluster keeps them in one
 * slot and scripts may touch several.
 */
export class StateKeys {
  private readonly tag: string;

  constructor(namespace: string) {
    this.tag = `{${namespace}}`;
  }

  workflow(name: string): string {
    return `${this.tag}:workflow:${name}`;
  }
  /** A workflow by its name, or a version by its id. */
  entry(name: string): string {
    return name.includes('@') ? this.version(name) : this.workflow(name);
  }
  operation(id: string): string {
    return `${this.tag}:operation:${id}`;
  }
  /** Sorted set of ready workflows, all with score 0: ordered by name. */
  get ready(): string {
    return `${this.tag}:ready`;
  }
  /** Sorted set of workflow to the revision of its last change. */
  get changes(): string {
    return `${this.tag}:changes`;
  }
  /** Sorted set of released workflow to the time (ms) of its release. */
  get tombstones(): string {
    return `${this.tag}:tombstones`;
  }
  get unfinished(): string {
    return `${this.tag}:unfinished`;
  }
  get revision(): string {
    return `${this.tag}:revision`;
  }
  get models(): string {
    return `${this.tag}:models`;
  }
  get orphans(): string {
    return `${this.tag}:orphans`;
  }
  /** Sorted set of model to the time (ms) until which it counts as an orphan again and again. */
  get doubtful(): string {
    return `${this.tag}:doubtful`;
  }
  /**
   * A version beside the active one, by its id; `''` for what all begin with. These and the following ones are apart from those of
   * workflows, so that 0.1.0 does not come upon what it cannot read.
   */
  version(id: string): string {
    return `${this.tag}:version:${id}`;
  }
  /** Sorted set of the versions beside the active ones that are ready, all with score 0. */
  get versions(): string {
    return `${this.tag}:versions`;
  }
  /** Sorted set of version to the revision of its last change; revisions are counted together with those of workflows. */
  get versionChanges(): string {
    return `${this.tag}:version-changes`;
  }
  /** Versions that an operation has in its hands. */
  get unfinishedVersions(): string {
    return `${this.tag}:unfinished-versions`;
  }
  get versionTombstones(): string {
    return `${this.tag}:version-tombstones`;
  }
  /** Sorted set of version to the time (ms) until which it is kept beside the active one. */
  get warm(): string {
    return `${this.tag}:warm-versions`;
  }
  /** Hash of version to the definition of one that is kept no longer. */
  retired(workflow: string): string {
    return `${this.tag}:retired:${workflow}`;
  }
  /** Hash of what became of the requests to a version that is watched, by the operation that has made it. */
  outcomes(operationId: string): string {
    return `${this.tag}:outcomes:${operationId}`;
  }
  /** What workers have seen of the models of a version, by its id. */
  modelReport(id: string): string {
    return `${this.tag}:model-report:${id}`;
  }
  /** Which operation a request has begun, by the digest of its caller and of the key that it came under. */
  idempotency(digest: string): string {
    return `${this.tag}:idempotency:${digest}`;
  }
  /** What goes on at a gateway. */
  live(gatewayId: string): string {
    return `${this.tag}:live:${gatewayId}`;
  }
  /** List of the requests of a gateway that are kept, each in one line, oldest first. */
  keptLines(gatewayId: string): string {
    return `${this.tag}:kept-lines:${gatewayId}`;
  }
  /** Hash of the number of such a request to all that is kept of it. */
  keptDocuments(gatewayId: string): string {
    return `${this.tag}:kept-documents:${gatewayId}`;
  }
  /** Sorted set of gateway to the time (ms) at which it has last kept a request. */
  get keptGateways(): string {
    return `${this.tag}:kept-gateways`;
  }
  /** Written to find out whether anything can be. */
  get probe(): string {
    return `${this.tag}:probe`;
  }
  /** Held by the worker that registers what is to be loaded at start. */
  get loading(): string {
    return `${this.tag}:loading`;
  }
  get gateways(): string {
    return `${this.tag}:gateways`;
  }
  /** Hash of session to what proves whose it is. */
  get sessions(): string {
    return `${this.tag}:sessions`;
  }
  /** Sorted set of session to the time (ms) of its end. */
  get sessionEnds(): string {
    return `${this.tag}:session-ends`;
  }
  get changedChannel(): string {
    return `${this.tag}:changed`;
  }
  get announcedChannel(): string {
    return `${this.tag}:announced`;
  }
  /** What workers ask of all gateways. */
  get preparationsChannel(): string {
    return `${this.tag}:preparations`;
  }
  /** What gateways answer. */
  get preparedChannel(): string {
    return `${this.tag}:prepared`;
  }
  /** Probes that workers ask all gateways to send. */
  get probesChannel(): string {
    return `${this.tag}:probes`;
  }
  /** What gateways say of them. */
  get probedChannel(): string {
    return `${this.tag}:probed`;
  }
  /** Sorted set of how a workflow did at gateways, by the time. */
  history(workflow: string): string {
    return `${this.tag}:history:${workflow}`;
  }
  /** List of what was done over the management API, of one kind, the newest first. */
  audit(kind: string): string {
    return `${this.tag}:audit:${kind}`;
  }
  /** On which an api asks a gateway to answer a request. */
  triesChannel(gatewayId: string): string {
    return `${this.tag}:try:${gatewayId}`;
  }
  /** On which whoever has asked is answered. */
  triedChannel(askerId: string): string {
    return `${this.tag}:tried:${askerId}`;
  }
}
