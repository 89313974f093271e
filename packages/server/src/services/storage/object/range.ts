/** One range of bytes (RFC 9110 section 14); several at once are refused, as supabase/storage does. Pure. */
import type { ByteRange } from '#services/storage/blob'
import { storageErrors } from '#services/storage/core'

/** `bytes=0-9` of 5 bytes → `{ start: 0, end: 4 }`. Throws what cannot be satisfied. */
export function parseRange(header: string, size: number): ByteRange {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header.trim()) ?? []
  if (first === undefined || last === undefined || (first === '' && last === ''))
    throw storageErrors.InvalidRange()
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (start >= size || end < start || (first === '' && Number(last) === 0))
    throw storageErrors.InvalidRange()
  return { start, end }
}
