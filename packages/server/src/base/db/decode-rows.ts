/** Rows as JavaScript objects, for the platform's own statements. */
import { parseArrayLiteral } from '#base/sql'
import type { Result } from './database.ts'

const decoders: Readonly<Record<number, (text: string) => unknown>> = {
  16: (text) => text === 't', // bool
  20: Number, // int8: our own counters stay below 2^53
  21: Number, // int2
  23: Number, // int4
  26: Number, // oid
  700: Number, // float4
  701: Number, // float8
  114: (text) => JSON.parse(text) as unknown, // json
  3802: (text) => JSON.parse(text) as unknown, // jsonb
  1009: parseArrayLiteral, // text[]
  1015: parseArrayLiteral, // varchar[]
  2951: parseArrayLiteral, // uuid[]
}

/**
 * Decodes by type: booleans, numbers, JSON and text arrays become their JavaScript values; everything else
 * (text, uuid, timestamps as `2026-01-01 00:00:00.123456+00`) stays text. NULL is null.
 */
export function decodeRows<T>(result: Result): T[] {
  const columns = result.fields.map(({ name, typeOid }) => ({ name, decode: decoders[typeOid] }))
  return result.rows.map((row) => {
    const decoded: Record<string, unknown> = {}
    columns.forEach(({ name, decode }, i) => {
      const cell = row[i] ?? null
      const text = cell === null ? null : decodeText(cell)
      decoded[name] = text === null || decode === undefined ? text : decode(text)
    })
    return decoded as T
  })
}

function decodeText(cell: Uint8Array): string {
  return Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength).toString('utf8')
}
