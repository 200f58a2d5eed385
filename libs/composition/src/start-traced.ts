import type { Logger, Tracing } from '@torchweave/application';
import type { RunningApp, Settings } from '@torchweave/platform';
import { version } from '@torchweave/platform/version';
import { randomUUID } from 'node:crypto';

export interface TracedOptions {
  readonly settings: Settings;
  readonly logger: Logger;
}

/**
 * Starts the apps of one process with the traces that they share, which end after them. What traces is loaded where the settings
 * name a collector; elsewhere there is nothing of it.
 *
 * @param service by which name traces know the process, where no setting says one.
 */
export async function startTraced<App extends RunningApp>(
  service: string,
  options: TracedOptions,
  start: (tracing: Tracing | undefined) => Promise<App>,
): Promise<App> {
  const tracing = await openTracing(service, options);
  if (tracing === undefined) return start(undefined);
  try {
    const app = await start(tracing);
    return { ...app, close: () => app.close().finally(() => tracing.close()) };
  } catch (error) {
    await tracing.close();
    throw error;
  }
}

async function openTracing(service: string, { settings, logger }: TracedOptions): Promise<Tracing | undefined> {
  const url = tracesUrl(settings);
  if (url === undefined) return undefined;
  const { startTracing } = await import('@torchweave/opentelemetry-traces');
  logger.info({ collector: new URL(url).origin, sampler: settings.otelTracesSampler }, 'traces are sent');
  return startTracing({
    url,
    timeoutMs: settings.otlpTracesTimeoutMs ?? settings.otlpTimeoutMs,
    sampler: settings.otelTracesSampler,
    ratio: settings.otelTracesSamplerArg,
    resource: {
      'service.name': service,
      'service.version': version,
      'service.instance.id': randomUUID(),
      ...settings.otelResourceAttributes,
      ...(settings.otelServiceName === undefined ? {} : { 'service.name': settings.otelServiceName }),
    },
    delayMs: settings.otelScheduleDelayMs,
    maxSpans: settings.otelMaxQueueSize,
    logger,
  });
}

/** Where traces go, by OpenTelemetry's rules; undefined where there are to be none. */
function tracesUrl(settings: Settings): string | undefined {
  const { otelSdkDisabled, otelTracesExporter, otlpEndpoint, otlpTracesEndpoint } = settings;
  if (otelSdkDisabled || otelTracesExporter === 'none') return undefined;
  if (otlpTracesEndpoint !== undefined) return otlpTracesEndpoint;
  return otlpEndpoint === undefined ? undefined : `${otlpEndpoint.replace(/\/+$/, '')}/v1/traces`;
}
