/** Ranges of bytes (RFC 9110 section 14). Pure. */
import type { ByteRange } from '#base/blob'
import { storageErrors } from '#services/storage/core'

/** Of one request; each is a file, or a connection to where bytes are kept. */
const maxRanges = 16

/** `bytes=0-9` of 5 bytes → `{ start: 0, end: 4 }`. Throws what cannot be satisfied. */
export function parseRange(header: string, size: number): ByteRange {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header.trim()) ?? []
  if (first === undefined || last === undefined) throw storageErrors.InvalidRange()
  const range = rangeOf(first, last, size)
  if (range === null) throw storageErrors.InvalidRange()
  return range
}

/**
 * `bytes=0-1,5-6,4-5` → 0–1 and 4–6: those that touch become one, in the place of the first of them, and those that cannot be
 * satisfied are left out. Null for more than anybody needs: the whole object then. Throws what is no range or has none in it.
 */
export function parseRanges(header: string, size: number): readonly ByteRange[] | null {
  if (!header.includes(',')) return [parseRange(header, size)]
  const [, list] = /^bytes=([\d\s,-]*)$/.exec(header.trim()) ?? []
  const specs = (list ?? '').split(',').map((spec) => spec.trim())
  const asked = specs.filter((spec) => spec !== '')
  if (asked.length > maxRanges) return null
  const ranges = asked.flatMap((spec) => {
    const [, first, last] = /^(\d*)-(\d*)$/.exec(spec) ?? []
    if (first === undefined || last === undefined) throw storageErrors.InvalidRange()
    return rangeOf(first, last, size) ?? []
  })
  if (ranges.length === 0) throw storageErrors.InvalidRange()
  return coalesce(ranges)
}

/** Null for what cannot be satisfied. */
function rangeOf(first: string, last: string, size: number): ByteRange | null {
  if (first === '' && (last === '' || Number(last) === 0)) return null
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  return start >= size || end < start ? null : { start, end }
}

function coalesce(ranges: readonly ByteRange[]): ByteRange[] {
  const merged: (ByteRange & { readonly place: number })[] = []
  const sorted = ranges.map((range, place) => ({ ...range, place }))
  for (const range of sorted.toSorted((a, b) => a.start - b.start)) {
    const before = merged.at(-1)
    if (before === undefined || range.start > before.end + 1) merged.push(range)
    else {
      const end = Math.max(before.end, range.end)
      const place = Math.min(before.place, range.place)
      merged[merged.length - 1] = { start: before.start, end, place }
    }
  }
  return merged.toSorted((a, b) => a.place - b.place).map(({ start, end }) => ({ start, end }))
}
