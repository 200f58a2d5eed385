import { fieldsOf, type Field } from './protobuf.js';

/** A span as a receiver has it. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty where it has none. */
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** 0 unset, 1 ok, 2 error. */
  readonly status: number;
  readonly startNanos: bigint;
  readonly endNanos: bigint;
  readonly resource: Readonly<Record<string, unknown>>;
}

type Fields = ReturnType<typeof fieldsOf>;

const messages = (fields: Fields, number: number): Fields[] =>
  (fields.get(number) ?? []).map((field) => fieldsOf(field as Buffer));
const bytes = (fields: Fields, number: number): Buffer => (fields.get(number)?.[0] ?? Buffer.alloc(0)) as Buffer;
const text = (fields: Fields, number: number): string => bytes(fields, number).toString();
const integer = (fields: Fields, number: number): bigint => (fields.get(number)?.[0] ?? 0n) as bigint;

function valueOf(value: Fields): unknown {
  const [[kind, [field]] = [0, [0n]]] = value as Iterable<[number, [Field]]>;
  if (kind === 1) return (field as Buffer).toString();
  if (kind === 2) return field !== 0n;
  if (kind === 3) return Number(field);
  if (kind !== 4) throw new Error(`no value that is read here: ${kind}`);
  const double = Buffer.alloc(8);
  double.writeBigUInt64LE(field as bigint);
  return double.readDoubleLE();
}

const attributesOf = (fields: Fields, number: number): Record<string, unknown> =>
  Object.fromEntries(
    messages(fields, number).map((pair) => [text(pair, 1), valueOf(fieldsOf(bytes(pair, 2)))] as const),
  );

/** The spans of an `ExportTraceServiceRequest` in protobuf. */
export function spansOfProtobuf(body: Buffer): ReceivedSpan[] {
  return messages(fieldsOf(body), 1).flatMap((ofResource) => {
    const resource = attributesOf(fieldsOf(bytes(ofResource, 1)), 1);
    return messages(ofResource, 2).flatMap((ofScope) =>
      messages(ofScope, 2).map((span) => ({
        traceId: bytes(span, 1).toString('hex'),
        spanId: bytes(span, 2).toString('hex'),
        traceState: text(span, 3),
        parentSpanId: bytes(span, 4).toString('hex'),
        name: text(span, 5),
        kind: Number(integer(span, 6)),
        startNanos: integer(span, 7),
        endNanos: integer(span, 8),
        attributes: attributesOf(span, 9),
        status: Number(integer(fieldsOf(bytes(span, 15)), 3)),
        resource,
      })),
    );
  });
}

interface JsonSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
}

/** The spans of the same in JSON, as scripts send it: without attributes. */
export function spansOfJson(body: Buffer): ReceivedSpan[] {
  const { resourceSpans } = JSON.parse(body.toString()) as {
    resourceSpans: { scopeSpans: { spans: JsonSpan[] }[] }[];
  };
  const spans = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  return spans.map(({ traceId, spanId, parentSpanId = '', name }) => ({
    ...{ traceId, spanId, parentSpanId, name, traceState: '', kind: 1, status: 0 },
    ...{ startNanos: 0n, endNanos: 0n, attributes: {}, resource: {} },
  }));
}
