export { selfSigned } from './self-signed.js';
