/** One field of a message: bytes, or a number of any of protobuf's wire types. */
export type Field = Buffer | bigint;

/** The fields of a protobuf message by their numbers, each as often as it is there. */
export function fieldsOf(message: Buffer): ReadonlyMap<number, readonly Field[]> {
  const fields = new Map<number, Field[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const bytes = (length: number): Buffer => message.subarray(at, (at += length));
  const read = (wireType: number): Field => {
    if (wireType === 0) return varint();
    if (wireType === 1) return bytes(8).readBigUInt64LE();
    if (wireType === 2) return bytes(Number(varint()));
    if (wireType === 5) return BigInt(bytes(4).readUInt32LE());
    throw new Error(`no wire type of protobuf: ${wireType}`);
  };
  while (at < message.length) {
    const tag = Number(varint());
    const field = read(tag & 7);
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), field]);
  }
  return fields;
}
