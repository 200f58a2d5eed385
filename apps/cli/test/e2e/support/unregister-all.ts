/** Leaves no workflow behind, through the public API. */
export async function unregisterAll(management: string): Promise<void> {
  for (;;) {
    const page = (await (await fetch(`${management}/workflows`)).json()) as { workflows: { workflowName: string }[] };
    if (page.workflows.length === 0) return;
    for (const { workflowName } of page.workflows) {
      await fetch(`${management}/workflows/${encodeURIComponent(workflowName)}`, { method: 'DELETE' });
    }
  }
}
