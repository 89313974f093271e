/** A value in the encoding that was asked for. */
import type { Encoding, Value } from './engine.ts'

const decoder = new TextDecoder()
const encoder = new TextEncoder()

export function convertValue(
  value: Value | undefined,
  encoding: Encoding | 'none',
): Value | undefined {
  if (value === undefined) return undefined
  if (encoding === 'none') return ''
  if (encoding === 'text') return typeof value === 'string' ? value : decoder.decode(value)
  return typeof value === 'string' ? encoder.encode(value) : value
}
