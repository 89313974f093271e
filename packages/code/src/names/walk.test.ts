/** Walks and likeness against looking at every name. */
import { expect, test } from 'vitest'
import { SegmentBuilder } from './build-segments.ts'
import { Budget, inSlices } from './budget.ts'
import { globPattern, prefixPattern, substringPattern } from './name-pattern.ts'
import { similarNames } from './similar-names.ts'
import { walkNames } from './walk-names.ts'

const parts = [
  'get',
  'Set',
  'user',
  'HTTP',
  '_',
  '$',
  'id',
  'x',
  'é',
  '名',
  'Buffer',
  '7',
  '42',
  'By',
]

function createDice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

const dice = createDice(3)
const createName = (length: number): string =>
  Array.from({ length: 1 + dice(length) }, () => parts[dice(parts.length)]).join('')
const names = [...new Set(Array.from({ length: 45_000 }, () => createName(6)))].toSorted(
  (one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)),
)
const builder = new SegmentBuilder(1e9)
for (let from = 0; from < names.length; from += 1_000) builder.add(names.slice(from, from + 1_000))
const segments = builder.finish()
const sources = [{ repository: 'r', copies: 1, segments }]

function walk(
  pattern: Parameters<typeof walkNames>[1],
  start: Parameters<typeof walkNames>[2],
): string[] {
  const found: string[] = []
  for (const one of walkNames(sources, pattern, start, new Budget(1e9)))
    found.push(...(one === null ? [] : [one.name]))
  return found
}

const lower = (text: string) => text.toLowerCase()

function globRegex(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^]*')
    .replaceAll('?', '[^]')
  return new RegExp(`^${source}$`, 'u')
}

test('names of many lengths are in several segments', () => {
  expect(segments.length).toBeGreaterThan(3)
})

test('a walk finds each name that fits, in order', () => {
  for (let round = 0; round < 20; round++) {
    const piece = createName(2)
    const start = { name: names[dice(names.length)] ?? '', isBehind: round % 2 === 0 }
    const isAfter = (name: string) =>
      Buffer.compare(Buffer.from(name), Buffer.from(start.name)) >= Number(start.isBehind)
    expect(walk(prefixPattern(piece), start)).toEqual(
      names.filter((name) => isAfter(name) && name.startsWith(piece)),
    )
    expect(walk(substringPattern(piece.toUpperCase()), null)).toEqual(
      names.filter((name) => lower(name).includes(lower(piece))),
    )
    const glob = `${createName(2)}*${createName(1)}${['', '*', '?', '?*'][dice(4)]}`
    expect(walk(globPattern(glob), null)).toEqual(
      names.filter((name) => globRegex(glob).test(name)),
    )
  }
})

function trigrams(text: string): Set<string> {
  const found = new Set<string>()
  for (const word of lower(text).match(/[a-z0-9]+/g) ?? [])
    for (let at = 0; at <= word.length; at++) found.add(`  ${word} `.slice(at, at + 3))
  return found
}

function likeness(one: string, other: string): number {
  const [a, b] = [trigrams(one), trigrams(other)]
  const shared = [...a].filter((key) => b.has(key)).length
  return Math.fround(shared / (a.size + b.size - shared))
}

// oxlint-disable-next-line no-control-regex
const plain = names.filter((name) => /^[\0-\x7f]*$/.test(name))

test('the most similar names are those of all names', async () => {
  for (let round = 0; round < 20; round++) {
    const pattern = `${createName(4)}${createName(2)}`.replace(/[^\0-\x7f]/g, 'e')
    const expected = plain
      .map((name) => ({ name, similarity: likeness(name, pattern) }))
      .filter(({ similarity }) => similarity >= 0.3)
      .toSorted(
        (one, other) => other.similarity - one.similarity || (one.name < other.name ? -1 : 1),
      )
      .slice(0, 15)
    const options = { threshold: 0.3, want: 15, budget: new Budget(1e9) }
    const found = await inSlices(
      similarNames(
        [{ repository: 'r', copies: 1, segments: segments.filter(({ isWide }) => !isWide) }],
        pattern,
        options,
      ),
    )
    expect(
      found?.map(({ name, similarity }) => ({ name, similarity })),
      pattern,
    ).toEqual(expected)
  }
})

test('a budget that is spent ends a search', () => {
  const budget = new Budget(1_000)
  expect([...walkNames(sources, substringPattern('~~'), null, budget)].length).toBeLessThan(3)
  expect(budget.isSpent).toBe(true)
})
