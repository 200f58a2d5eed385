export { RedisConnection } from './redis-connection.js';
export { RedisGatewayRegistry } from './redis-gateway-registry.js';
export { RedisIdempotencyKeys } from './redis-idempotency-keys.js';
export { RedisModelReports } from './redis-model-reports.js';
export { RedisStateProbe } from './redis-state-probe.js';
export { RedisWorkflowScaling } from './redis-workflow-scaling.js';
export { RedisWorkflowState } from './redis-workflow-state.js';
export { RedisWorkflowVersions } from './redis-workflow-versions.js';
