export { selfSigned, type SelfSigned } from './self-signed.js';
