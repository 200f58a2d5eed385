export { FaultProxy } from './fault-proxy.js';
