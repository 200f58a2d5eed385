import type { Logger } from '@torchweave/application';
import { openMonitoringAccess } from '../auth/monitoring-access.js';
import type { Settings } from '../config/settings/settings.js';
import type { RunningApp } from '../running-app.js';
import { Monitoring } from './monitoring.js';
import { serveMonitoring } from './serve-monitoring.js';

/** Starts the apps of one process with a {@link Monitoring} that they share, served from before they start until they have ended. */
export async function startMonitored<App extends RunningApp>(
  name: string,
  { settings, logger }: { readonly settings: Settings; readonly logger: Logger },
  start: (monitoring: Monitoring) => Promise<App>,
): Promise<App> {
  const monitoring = new Monitoring(name, logger);
  const access = await openMonitoringAccess(settings, logger);
  const server = await serveMonitoring(monitoring, settings, logger, access);
  try {
    const app = await start(monitoring);
    monitoring.phase = 'serving';
    return {
      ...app,
      close: async () => {
        monitoring.phase = 'stopping';
        await app.close().finally(() => server.close());
      },
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}
