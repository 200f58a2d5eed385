import type { ReceivedSpan } from './read-spans.js';

/** Names with those below them, each in the order of their beginnings. */
export type SpanTree = readonly (string | readonly [string, SpanTree])[];

/** The spans of one trace as a tree, below a parent that is none of them. */
export function spanTree(
  spans: readonly ReceivedSpan[],
  below = '',
  tell: (span: ReceivedSpan) => string = ({ name }) => name,
): SpanTree {
  const children = spans.filter(({ parentSpanId }) => parentSpanId === below);
  const inOrder = children.sort((a, b) => (a.startNanos < b.startNanos ? -1 : a.startNanos > b.startNanos ? 1 : 0));
  return inOrder.map((span) => {
    const tree = spanTree(spans, span.spanId, tell);
    return tree.length === 0 ? tell(span) : ([tell(span), tree] as const);
  });
}
