/**
 * Settles as `task` does, or rejects with what `late` makes when that takes longer than `ms`. Nothing ends the task; how it ends
 * then nobody is told. No timer is left behind.
 */
export async function within<T>(ms: number, task: Promise<T>, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(late()), ms)));
  try {
    return await Promise.race([task, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves when `task` does, after `ms` at the latest; rejects as it does until then. No timer is left behind. */
export async function atMost(ms: number, task: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  try {
    await Promise.race([task, patience]);
  } finally {
    clearTimeout(timer);
  }
}
