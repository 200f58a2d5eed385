import { expect, it } from 'vitest';
import { SerialTasks } from './serial-tasks.js';

it('runs the tasks of one name in turn, others beside them, whether they succeed or not', async () => {
  const tasks = new SerialTasks();
  const events: string[] = [];
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const first = tasks.run('a', async () => {
    await gate;
    events.push('a1');
    throw new Error('a1 fails');
  });
  const second = tasks.run('a', () => Promise.resolve(events.push('a2')));
  await tasks.run('b', () => Promise.resolve(events.push('b1')));
  open();
  await expect(first).rejects.toThrow('a1 fails');
  await second;
  expect(events).toEqual(['b1', 'a1', 'a2']);
});
