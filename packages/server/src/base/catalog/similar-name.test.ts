import { expect, test } from 'vitest'
import { slowness } from '@basalt/server/testing'
import { similarName } from './similar-name.ts'

/** The plain way: every cell of every table. */
function plainly(wanted: string, names: readonly string[], minScore: number): string | null {
  const scores = names.map((name) => {
    let previous = Array.from({ length: name.length + 1 }, (_, at) => at)
    for (let i = 1; i <= wanted.length; i++) {
      const row = [i]
      for (let j = 1; j <= name.length; j++) {
        const change = wanted[i - 1] === name[j - 1] ? 0 : 1
        const [left = 0, above = 0, corner = 0] = [row[j - 1], previous[j], previous[j - 1]]
        row.push(Math.min(left + 1, above + 1, corner + change))
      }
      previous = row
    }
    return 1 - (previous[name.length] ?? 0) / Math.max(wanted.length, name.length)
  })
  const best = Math.max(...scores)
  return best >= minScore ? (names[scores.indexOf(best)] ?? null) : null
}

/** `a`, `b`, `ab`, … of up to seven letters that all have a pair in common with each other: they begin with the same. */
function words(count: number, seed: number): string[] {
  let state = seed
  const next = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below
  return Array.from({ length: count }, () =>
    ['x', ...Array.from({ length: next(7) }, () => 'abc'[next(3)])].join(''),
  )
}

test('the shortcuts change nothing: the best is the best of all comparisons', () => {
  for (const minScore of [0.33, 0.75]) {
    for (const wanted of words(200, 7)) {
      const names = words(12, wanted.length + 11)
      expect([wanted, similarName(wanted, names, minScore)]).toEqual([
        wanted,
        plainly(wanted, names, minScore),
      ])
    }
  }
})

/** The least of some tries, in processor time: others use the machine, too. */
function shortestMs(work: () => void): number {
  return Math.min(
    ...[1, 2, 3, 4, 5].map(() => {
      const begun = process.cpuUsage()
      work()
      const { user, system } = process.cpuUsage(begun)
      return (user + system) / 1_000
    }),
  )
}

test('neither a name as long as a URL nor 10,000 alike take long', () => {
  const names = [...Array(10_000).keys()].map((at) => `customer_order_item_${at}`)
  const long = 'customer_order'.repeat(1_100)
  const mostMs = 60 * slowness()
  for (const wanted of [long, 'customer_order_itms', 'customer_order_'.repeat(4)]) {
    expect(shortestMs(() => similarName(wanted, names, 0.33))).toBeLessThan(mostMs)
  }
  const longNames = names.slice(0, 50).map((name) => `${name}${long}`)
  expect(shortestMs(() => similarName(long, longNames, 0.33))).toBeLessThan(mostMs)
})
