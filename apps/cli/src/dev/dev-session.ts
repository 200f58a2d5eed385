import type { ErrorCode } from '@torchweave/domain';
import { setTimeout as delay } from 'node:timers/promises';
import { packFolder, readFolder, type FolderReading, type PackFolderOptions } from '../author/pack-folder.js';
import { openArchive } from '../client/archive-argument.js';
import { followOperation } from '../client/follow-operation.js';
import type { ManagementClient } from '../client/management-client.js';
import { CliError } from '../output/cli-error.js';
import { failureOf } from '../output/failure.js';
import { silentProgress } from '../output/progress.js';
import type { Problem } from '../war/problem.js';
import { textsOf } from '../war/problem-lines.js';
import { refusalProblems } from '../author/refusal-problems.js';

/** What a session works with. */
export interface DevSessionParts {
  readonly folder: string;
  readonly pack: PackFolderOptions;
  readonly name: string;
  readonly client: ManagementClient;
  readonly report: DevReport;
  /** Watches these files and folders, with all that is in them, from now on. */
  readonly follow: (folders: readonly string[]) => Promise<void>;
  /** Sends the request that is sent at each save. */
  readonly repeat: (signal: AbortSignal) => Promise<void>;
}

/** What a session has to say. */
export interface DevReport {
  served(version: number, ms: number): void;
  /** @param serving the version that goes on serving; undefined where none does. */
  faulty(problems: readonly Problem[], texts: ReadonlyMap<string, string>, serving: number | undefined): void;
  warned(warnings: readonly Problem[]): void;
  failed(sentence: string, serving: number | undefined): void;
}

const busy = { attempts: 20, pauseMs: 250 };
/** Of a version that another operation removes, or has removed. */
const goneAnyway: ReadonlySet<unknown> = new Set<ErrorCode>(['versionLeaving', 'versionNotFound', 'workflowBusy']);

const codeOf = (error: unknown): unknown => (error instanceof CliError ? error.body['errorCode'] : undefined);

/** Brings what is saved in a folder to a server, one version after the other; the last good one goes on serving. */
export class DevSession {
  private isDue = false;
  private running: Promise<void> | undefined;
  private repeating = new AbortController();
  private fingerprint: string | undefined;
  private serving: number | undefined;
  private isClosed = false;
  private models: readonly string[] = [];
  private lastFailure: string | undefined;

  constructor(private readonly parts: DevSessionParts) {}

  /** Something was saved: it is brought to the server, after what is on its way there. Resolves when nothing is. */
  saved(): Promise<void> {
    this.isDue = true;
    this.running ??= this.run().finally(() => (this.running = undefined));
    return this.running;
  }

  /** Waits for what is on its way. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.repeating.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    while (this.isDue && !this.isClosed) {
      this.isDue = false;
      this.repeating.abort();
      try {
        await this.update();
        this.lastFailure = undefined;
      } catch (thrown) {
        this.fail(failureOf(thrown).sentence);
      }
    }
  }

  /** As long as the same keeps a folder from being read it is told once. */
  private fail(sentence: string): void {
    if (!this.isClosed && sentence !== this.lastFailure) this.parts.report.failed(sentence, this.serving);
    this.lastFailure = sentence;
    this.fingerprint = undefined;
  }

  private async update(): Promise<void> {
    const { folder, pack, report, follow } = this.parts;
    // Before it is read: what is saved meanwhile is read again.
    await follow([folder, ...this.models]);
    const reading = await readFolder(folder, { ...pack, workflowName: this.parts.name });
    this.models = reading.models.map(({ path }) => path);
    await follow([folder, ...this.models]);
    if (reading.problems.length > 0) {
      this.fingerprint = undefined;
      return this.refuse(reading.problems);
    }
    const { archive, fingerprint } = await packFolder(reading, pack);
    if (fingerprint === this.fingerprint) return;
    this.fingerprint = fingerprint;
    report.warned(reading.warnings);
    if (await this.send(archive, reading)) await this.clearAway();
  }

  /** Resolves to whether it serves. */
  private async send(path: string, { models }: FolderReading): Promise<boolean> {
    const { client, name, folder, report } = this.parts;
    const startedAt = performance.now();
    const id = await this.begin(path);
    const { state, error } = await followOperation(client, id, silentProgress);
    if (state !== 'succeeded') {
      await this.refuse(refusalProblems(error ?? { message: `Operation ${id} has failed.` }, { folder, models }));
      return false;
    }
    this.serving = (await client.versions(name)).activeVersion;
    report.served(this.serving, performance.now() - startedAt);
    this.repeating = new AbortController();
    // It may take long, and nobody who saves again waits for it.
    this.parts.repeat(this.repeating.signal).catch((thrown: unknown) => {
      if (!this.repeating.signal.aborted) report.failed(failureOf(thrown).sentence, this.serving);
    });
    return true;
  }

  /** Tries again while the server retires a version: one change of a workflow at a time. */
  private async begin(path: string): Promise<string> {
    const { client, name } = this.parts;
    for (let attempt = 1; ; attempt += 1) {
      const archive = await openArchive(path);
      try {
        return await client.update(name, archive, { create: 'true', keep: '0' });
      } catch (error) {
        if (attempt === busy.attempts || codeOf(error) !== 'workflowBusy') throw error;
        await delay(busy.pauseMs);
      } finally {
        if ('close' in archive) await archive.close();
      }
    }
  }

  /** Versions that served before: a server has room for a few only. What it is about to remove itself is left to it. */
  private async clearAway(): Promise<void> {
    const { client, name } = this.parts;
    const { versions } = await client.versions(name);
    for (const { version, state } of versions) {
      if (version === this.serving || state === 'retired') continue;
      try {
        await followOperation(client, await client.removeVersion(name, version), silentProgress);
      } catch (error) {
        if (!goneAnyway.has(codeOf(error))) throw error;
      }
    }
  }

  private async refuse(problems: readonly Problem[]): Promise<void> {
    this.parts.report.faulty(problems, await textsOf(problems), this.serving);
  }
}
