/** Which rows are asked for: `limit`, `offset` and the Range header brought together. */
import type { RowRange } from './api-request.ts'
import { requestErrors } from './errors.ts'

const all: RowRange = { offset: 0, limit: null }

/** `'5'` → 5; null for anything that is not an integer, which is then ignored. */
export function parseCount(text: string | null): number | null {
  return text !== null && /^-?\d{1,18}$/.test(text.trim()) ? Number(text) : null
}

/** `parseRange(10, null, '5-9')` → `{ offset: 5, limit: 5 }`. Throws PGRST103 for a range that cannot be. */
export function parseRange(
  limit: number | null,
  offset: number | null,
  header: string | undefined,
): RowRange {
  if (limit === 0) return { offset: 0, limit: 0 }
  const asked = header === undefined ? null : /^(\d+)-(\d*)$/.exec(header)
  if (limit === null && offset === null && asked === null) return all
  const first = Math.max(offset ?? 0, 0)
  const last = limit === null ? Infinity : (offset ?? 0) + limit - 1
  const headerFirst = asked === null ? 0 : Number(asked[1])
  const headerLast = asked === null || asked[2] === '' ? Infinity : Number(asked[2])
  if (headerFirst > headerLast) {
    throw requestErrors.PGRST103({
      details:
        'The lower boundary must be lower than or equal to the upper boundary in the Range header.',
    })
  }
  const from = Math.max(first, headerFirst)
  const to = Math.min(last, headerLast)
  if (from > to) {
    throw requestErrors.PGRST103({ details: 'Limit should be greater than or equal to zero.' })
  }
  return { offset: from, limit: to === Infinity ? null : to - from + 1 }
}
