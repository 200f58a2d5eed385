import type { ClaimedOrphans, OwnedModel, SettledOrphans } from '@torchweave/application';
import { parseVersionId } from '@torchweave/domain';
import { randomUUID } from 'node:crypto';

type Owner = { readonly workflow: string } | { readonly removal: string };

/** Who has which model's name, and what may lie about on model servers without a workflow. */
export class ModelNames {
  readonly orphans = new Set<string>();
  private readonly owners = new Map<string, Owner>();
  /** Until {@link endDoubts}: minutes, where there is a clock. */
  private readonly doubtful = new Set<string>();
  private readonly waiting = new Set<() => void>();

  get owned(): readonly OwnedModel[] {
    return [...this.owners].flatMap(([model, owner]) =>
      'workflow' in owner ? [{ model, ...parseVersionId(owner.workflow) }] : [],
    );
  }

  /** Resolves when none of the names is kept for a removal. */
  async free(models: readonly string[]): Promise<void> {
    while (models.some((model) => this.isBeingRemoved(model))) {
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  ownerOf(model: string): string | undefined {
    const owner = this.owners.get(model);
    return owner !== undefined && 'workflow' in owner ? owner.workflow : undefined;
  }

  give(models: readonly string[], workflow: string): void {
    for (const model of models) this.owners.set(model, { workflow });
  }

  take(models: readonly string[], workflow: string): void {
    for (const model of models) {
      const owner = this.ownerOf(model);
      if (owner === workflow || owner?.startsWith(`${workflow}@`) === true) this.owners.delete(model);
    }
  }

  doubt(models: readonly string[]): void {
    for (const model of models) this.doubtful.add(model);
  }

  endDoubts(): void {
    for (const model of this.doubtful) this.orphans.add(model);
    this.doubtful.clear();
  }

  claim(present?: ReadonlySet<string>): ClaimedOrphans {
    const token = randomUUID();
    for (const model of this.doubtful) {
      const mayLieAbout = present === undefined || present.has(model) || this.ownerOf(model) !== undefined;
      if (mayLieAbout) this.orphans.add(model);
    }
    const unowned = [...this.orphans].filter((model) => this.ownerOf(model) === undefined);
    const owned = this.owned.filter(({ model }) => this.orphans.has(model));
    for (const model of unowned) this.owners.set(model, { removal: token });
    return { token, unowned, owned };
  }

  settle({ token, kept, gone, left }: SettledOrphans): void {
    for (const model of kept) this.orphans.delete(model);
    for (const model of [...gone, ...left]) {
      const owner = this.owners.get(model);
      if (owner === undefined || !('removal' in owner) || owner.removal !== token) {
        this.doubtful.add(model);
        continue;
      }
      this.owners.delete(model);
      if (gone.includes(model)) this.orphans.delete(model);
    }
    for (const wake of this.waiting) wake();
    this.waiting.clear();
  }

  private isBeingRemoved(model: string): boolean {
    const owner = this.owners.get(model);
    return owner !== undefined && 'removal' in owner;
  }
}
