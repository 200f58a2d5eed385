import type { JobHandlers } from '@torchweave/application';

const ended = (): Promise<{ workflow: string }> => Promise.resolve({ workflow: '' });

/** Handlers that do nothing, for tests that need some of them. */
export const idleHandlers: JobHandlers = {
  ...{ 'register-workflow': ended, 'unregister-workflow': ended },
  ...{ 'register-version': ended, 'set-default-version': ended, 'direct-traffic': ended, 'unregister-version': ended },
  'scale-workers': ended,
  'reconcile-model-servers': () => Promise.resolve({ registered: 0, removed: 0 }),
};
