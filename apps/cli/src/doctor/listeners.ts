import { listenAddress, type ListenAddress, type Settings } from '@torchweave/platform';

/** A port that a server of ours opens. */
export interface Listener {
  readonly api: 'management' | 'inference' | 'metrics';
  /** The key of its address. */
  readonly setting: string;
  /** The flag of its port. */
  readonly flag: string;
  readonly address: string;
  readonly at: ListenAddress;
  /** False for the default port of metrics: a process that finds it taken goes without. */
  readonly isRequired: boolean;
}

const defaultMetricsAddress = 'http://127.0.0.1:8082';

/** All ports that the servers open with these settings. */
export function listenersOf(settings: Settings): Listener[] {
  const { managementAddress, managementPort, inferenceAddress, inferencePort, metricsPort } = settings;
  const listener = (
    api: Listener['api'],
    address: string,
    port: number | undefined,
    isRequired: boolean,
  ): Listener => ({
    api,
    setting: `${api}_address`,
    flag: `--${api}-port`,
    address,
    at: listenAddress(address, port),
    isRequired,
  });
  const { metricsAddress = defaultMetricsAddress } = settings;
  const isMetricsAsked = settings.metricsAddress !== undefined || metricsPort !== undefined;
  return [
    listener('management', managementAddress, managementPort, true),
    listener('inference', inferenceAddress, inferencePort, true),
    ...(metricsPort === 'none' ? [] : [listener('metrics', metricsAddress, metricsPort, isMetricsAsked)]),
  ];
}
