export { OtlpReceiver } from './otlp-receiver.js';
export type { ReceivedSpan } from './read-spans.js';
export { spanTree } from './span-tree.js';
