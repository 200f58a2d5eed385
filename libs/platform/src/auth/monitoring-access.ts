import type { Logger } from '@torchweave/application';
import type { TorchweaveError } from '@torchweave/domain';
import type { IncomingMessage } from 'node:http';
import { listenAddress } from '../config/listen-address.js';
import type { Settings } from '../config/settings.js';
import { tlsFor, type TlsCertificate } from '../http/tls.js';
import { AccessKeys } from './access-keys.js';
import { assertExposure } from './assert-exposure.js';
import { isOpenRoute, monitoringRule } from './permission.js';

/** Who may look at the metrics and the health of a process, and over what. */
export interface MonitoringAccess {
  readonly keys?: AccessKeys;
  readonly tls?: TlsCertificate;
}

/** @throws TorchweaveError `configurationInvalid`, as of the other servers. */
export async function openMonitoringAccess(settings: Settings, logger: Logger): Promise<MonitoringAccess> {
  const { metricsAddress, metricsPort, keyFile: file, tokenExpirationMin: expirationMin } = settings;
  if (metricsPort === 'none') return {};
  const setting = 'metrics_address';
  if (metricsAddress !== undefined) await assertExposure(settings, setting, listenAddress(metricsAddress, metricsPort));
  const tls = metricsAddress === undefined ? undefined : tlsFor(metricsAddress, setting, settings);
  return {
    ...(file === undefined ? {} : { keys: AccessKeys.open({ file, expirationMin, logger }) }),
    ...(tls === undefined ? {} : { tls }),
  };
}

/** Whether a request may be told why the process is not ready, and not just that it is not. */
export function mayHearReasons({ keys }: MonitoringAccess, { method = '', headers }: IncomingMessage): boolean {
  return keys?.refusal(headers.authorization, monitoringRule(method, undefined)) === undefined;
}

/** Why a request for metrics or health is not let in; undefined when it is. */
export function monitoringRefusal(
  { keys }: MonitoringAccess,
  { method = '', headers }: IncomingMessage,
  path: string,
): TorchweaveError<'unauthorized'> | undefined {
  if (keys === undefined || isOpenRoute(method, path)) return undefined;
  return keys.refusal(headers.authorization, monitoringRule(method, path));
}
