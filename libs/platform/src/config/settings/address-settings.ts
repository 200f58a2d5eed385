import { either, httpAddress, oneOf } from '../setting-values.js';
import { port } from './bounds.js';
import type { Setting } from './setting.js';

/** Where the apps listen. */
export const addressSettings = {
  managementAddress: {
    property: 'management_address',
    description: 'Address of the management API (default http://127.0.0.1:8081)',
    schema: httpAddress.default('http://127.0.0.1:8081'),
  },
  managementPort: { flag: 'management-port', description: 'Port of the management API', schema: port.optional() },
  inferenceAddress: {
    property: 'inference_address',
    description: 'Address of the inference API (default http://127.0.0.1:8080)',
    schema: httpAddress.default('http://127.0.0.1:8080'),
  },
  inferencePort: { flag: 'inference-port', description: 'Port of the inference API', schema: port.optional() },
  metricsAddress: {
    property: 'metrics_address',
    description: 'Address of metrics and health of every app (default http://127.0.0.1:8082)',
    schema: httpAddress.optional(),
  },
  metricsPort: {
    flag: 'metrics-port',
    variable: 'TORCHWEAVE_METRICS_PORT',
    description: 'Port of metrics and health: 0 picks a free one, none serves neither',
    schema: either('a whole number from 0 to 65535, or none', oneOf('none'), port).optional(),
  },
} as const satisfies Record<string, Setting>;
