export { FaultProxy, type FaultMode } from './fault-proxy.js';
