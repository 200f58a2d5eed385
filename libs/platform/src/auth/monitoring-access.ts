import type { Logger } from '@torchweave/application';
import type { TorchweaveError } from '@torchweave/domain';
import type { IncomingMessage } from 'node:http';
import { listenAddress } from '../config/listen-address.js';
import type { Settings } from '../config/settings/settings.js';
import { Audit } from '../http/audit.js';
import { Cors } from '../http/cors.js';
import { foreignRefusal, type SiteRule } from '../http/foreign-requests.js';
import { limitsOf, type HttpLimits } from '../http/limits.js';
import { siteRule } from '../http/site-rule.js';
import { tlsFor, type TlsCertificate } from '../http/tls.js';
import { AccessKeys } from './access-keys.js';
import { assertExposure } from './assert-exposure.js';
import { isOpenRoute, monitoringRule } from './permission.js';

/** Who may look at the metrics and the health of a process, and over what. */
export interface MonitoringAccess {
  readonly keys?: AccessKeys;
  readonly tls?: TlsCertificate;
  /** By default those of the settings' defaults. */
  readonly limits?: HttpLimits;
  readonly cors?: Cors;
  /** Which requests are let in without keys; all are without it. */
  readonly site?: SiteRule;
  readonly audit?: Audit;
}

/** Where metrics are served unless the settings say otherwise. */
export const defaultMetricsAddress = 'http://127.0.0.1:8082';

/** @throws TorchweaveError `configurationInvalid`, as of the other servers. */
export async function openMonitoringAccess(settings: Settings, logger: Logger): Promise<MonitoringAccess> {
  const {
    metricsAddress = defaultMetricsAddress,
    metricsPort,
    keyFile: file,
    tokenExpirationMin: expirationMin,
  } = settings;
  const limits = limitsOf(settings);
  if (metricsPort === 'none') return { limits };
  const setting = 'metrics_address';
  const listen = listenAddress(metricsAddress, metricsPort);
  await assertExposure(settings, setting, listen);
  const tls = tlsFor(metricsAddress, setting, settings);
  const cors = Cors.of(settings);
  return {
    limits,
    audit: new Audit(logger),
    ...(file === undefined
      ? { site: await siteRule(settings, listen, { cors, tls, admitsAll: false }) }
      : { keys: AccessKeys.open({ file, expirationMin, logger }) }),
    ...(tls === undefined ? {} : { tls }),
    ...(cors === undefined ? {} : { cors }),
  };
}

/** Whether a request may be told why the process is not ready, and not just that it is not. */
export function mayHearReasons({ keys, site }: MonitoringAccess, request: IncomingMessage): boolean {
  if (keys === undefined) return site === undefined || foreignRefusal(request, site) === undefined;
  const { method = '', headers } = request;
  return keys.refusal(headers.authorization, monitoringRule(method, undefined)) === undefined;
}

/** Why a request for metrics or health is not let in; undefined when it is. */
export function monitoringRefusal(
  { keys, site, audit }: MonitoringAccess,
  request: IncomingMessage,
  path: string,
): TorchweaveError | undefined {
  const { method = '', headers } = request;
  if (isOpenRoute(method, path)) return undefined;
  const { holder, refusal } =
    keys === undefined
      ? { refusal: site === undefined ? undefined : foreignRefusal(request, site) }
      : keys.check(headers.authorization, monitoringRule(method, path));
  if (refusal !== undefined) audit?.refused(request, refusal, holder);
  return refusal;
}
