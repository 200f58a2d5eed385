export { Child } from './child.js';
export { freePort, isFree } from './free-port.js';
