/** Arrays as Postgres receives them in binary, of columns that are written already. */

/** Of pg_type. */
const types = { int4: 23, int8: 20, text: 25 } as const
const headBytes = 20

/** One dimension, of `count` values in all. */
export function arrayOf(
  type: keyof typeof types,
  count: number,
  columns: readonly Uint8Array[],
): Buffer {
  const head = Buffer.alloc(headBytes)
  head.writeInt32BE(1, 0)
  // there may be nulls
  head.writeInt32BE(1, 4)
  head.writeInt32BE(types[type], 8)
  head.writeInt32BE(count, 12)
  head.writeInt32BE(1, 16)
  return Buffer.concat([head, ...columns])
}

const idBytes = 12

/** The same id so many times. */
export function idColumn(id: string, count: number): Uint8Array {
  const one = Buffer.alloc(idBytes)
  one.writeInt32BE(8, 0)
  one.writeBigInt64BE(BigInt(id), 4)
  return count === 0 ? Buffer.alloc(0) : Buffer.alloc(idBytes * count, one)
}
