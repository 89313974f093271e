/** count, sum, min, max, first and last of numbers, as they come: also out of order. */

export interface Aggregate {
  count: number
  sum: number
  min: number
  max: number
  first: number
  firstAt: number
  last: number
  lastAt: number
}

/** The aggregate with one more value. */
export function add(before: Aggregate | undefined, at: number, value: number): Aggregate {
  if (before === undefined)
    return {
      count: 1,
      sum: value,
      min: value,
      max: value,
      first: value,
      firstAt: at,
      last: value,
      lastAt: at,
    }
  return {
    count: before.count + 1,
    sum: before.sum + value,
    min: Math.min(before.min, value),
    max: Math.max(before.max, value),
    ...(at < before.firstAt
      ? { first: value, firstAt: at }
      : { first: before.first, firstAt: before.firstAt }),
    ...(at >= before.lastAt
      ? { last: value, lastAt: at }
      : { last: before.last, lastAt: before.lastAt }),
  }
}

/** Start of the interval a time lies in. */
export const startOf = (at: number, intervalMs: number): number =>
  Math.floor(at / intervalMs) * intervalMs
