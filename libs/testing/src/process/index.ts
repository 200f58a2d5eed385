export { Child, type ChildOptions } from './child.js';
export { freePort, isFree } from './free-port.js';
