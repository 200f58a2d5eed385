export { leaksIn } from './leaks-in.js';
