/** Chance that repeats itself: the same choices for the same seed. */

export interface Random {
  /** 0 … below - 1 */
  below(limit: number): number
  chance(percent: number): boolean
  pick<T>(items: readonly T[]): T
  /** `count` different ones, in any order. */
  some<T>(items: readonly T[], count: number): T[]
}

/** mulberry32 */
export function createRandom(seed: number): Random {
  let state = seed | 0
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
  const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T
  return {
    below,
    pick,
    chance: (percent) => below(100) < percent,
    some: (items, count) => {
      const left = [...items]
      const chosen = []
      while (chosen.length < count && left.length > 0) {
        chosen.push(...left.splice(below(left.length), 1))
      }
      return chosen
    },
  }
}
