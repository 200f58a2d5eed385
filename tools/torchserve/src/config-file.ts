import type { TorchServeOptions } from './options.js';
import type { TorchServePorts } from './ports.js';

/** The text of the ts-config file, a Java properties file. */
export function configFile(options: TorchServeOptions, ports: TorchServePorts): string {
  const lines: Record<string, string> = {
    inference_address: loopbackUrl(ports.inference),
    management_address: loopbackUrl(ports.management),
    metrics_address: loopbackUrl(ports.metrics),
    grpc_inference_port: String(ports.grpcInference),
    grpc_management_port: String(ports.grpcManagement),
    allowed_urls: 'file://.*|http(s)?://.*',
    ...options.config,
  };
  return Object.entries(lines)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

/** The base URL of a port on loopback. */
export function loopbackUrl(port: number): string {
  return `http://127.0.0.1:${port}`;
}
