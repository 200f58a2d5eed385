export { Child, type ChildOptions } from './child.js';
export { freePort } from './free-port.js';
