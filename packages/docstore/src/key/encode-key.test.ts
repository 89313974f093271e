/** Properties of the key encoding: order, and the way back. */
import { describe, expect, test } from 'vitest'
import { decodeKey, decodeKeys, encodeIndexed, encodeKey, keyEnd, requireKey } from '#key'

/** Numbers that repeat with a seed. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32
  }
}

const random = randomOf(20)
const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T
const units = [
  '\0',
  '\x01',
  '\x02',
  'a',
  'b',
  '\x7f',
  '\x80',
  'é',
  '\u0100',
  '\ud7fe',
  '\ud7ff',
  '\ud800',
  '\udbff',
  '\udc00',
  '\udfff',
  '\ue000',
  '\ufffe',
  '\uffff',
]
const doubles = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1e-320,
  -1e-320,
  2 ** 53,
  -(2 ** 53),
  1e308,
  -1e308,
  Infinity,
  -Infinity,
  255,
  256,
  65535,
]

function randomKey(depth: number): unknown {
  switch (Math.floor(random() * (depth > 2 ? 4 : 5))) {
    case 0:
      return random() < 0.5 ? pick(doubles) : (random() - 0.5) * 10 ** Math.floor(random() * 20)
    case 1:
      return new Date(Math.floor((random() - 0.5) * 1e13))
    case 2:
      return Array.from({ length: Math.floor(random() * 5) }, () => pick(units)).join('')
    case 3:
      return Uint8Array.from({ length: Math.floor(random() * 4) }, () =>
        pick([0, 1, 2, 127, 128, 254, 255]),
      ).buffer
    default:
      return Array.from({ length: Math.floor(random() * 4) }, () => randomKey(depth + 1))
  }
}

const rank = (key: unknown): number =>
  typeof key === 'number'
    ? 1
    : key instanceof Date
      ? 2
      : typeof key === 'string'
        ? 3
        : Array.isArray(key)
          ? 5
          : 4

/** The standard's own algorithm: https://w3c.github.io/IndexedDB/#compare-two-keys. */
function compare(a: unknown, b: unknown): number {
  if (rank(a) !== rank(b)) return Math.sign(rank(a) - rank(b))
  if (Array.isArray(a)) return compareLists(a, b as unknown[], compare)
  if (a instanceof ArrayBuffer)
    return compareLists([...new Uint8Array(a)], [...new Uint8Array(b as ArrayBuffer)], (x, y) =>
      Math.sign((x as number) - (y as number)),
    )
  const [x, y] =
    a instanceof Date ? [a.getTime(), (b as Date).getTime()] : [a as number, b as number]
  return x < y ? -1 : x > y ? 1 : 0
}

function compareLists(
  a: readonly unknown[],
  b: readonly unknown[],
  by: (x: unknown, y: unknown) => number,
): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const order = by(a[at], b[at])
    if (order !== 0) return order
  }
  return Math.sign(a.length - b.length)
}

const utf8 = new TextEncoder()
const compareBytes = (a: string, b: string): number =>
  Buffer.compare(utf8.encode(a), utf8.encode(b))

describe('encodeKey', () => {
  test('20,000 random pairs sort as the standard says, in JavaScript and as UTF-8', () => {
    for (let n = 0; n < 20_000; n++) {
      const [a, b] = [randomKey(0), random() < 0.1 ? 0 : randomKey(0)]
      const [x, y] = [encodeKey(a) as string, encodeKey(b) as string]
      const order = x < y ? -1 : x > y ? 1 : 0
      expect([order, compareBytes(x, y)], JSON.stringify([a, b])).toEqual([
        compare(a, b),
        compare(a, b),
      ])
    }
  })

  test('10,000 random keys come back, and end where they end', () => {
    for (let n = 0; n < 10_000; n++) {
      const key = randomKey(0)
      const encoded = encodeKey(key) as string
      expect(compare(decodeKey(encoded), key)).toBe(0)
      expect(keyEnd(`${encoded}\x20rest`, 0)).toBe(encoded.length)
      expect(encoded).not.toMatch(/[\ud800-\udfff]/)
    }
  })

  test('joined values sort by the first, then by the second', () => {
    for (let n = 0; n < 5000; n++) {
      const [a, b, c, d] = [randomKey(1), randomKey(1), randomKey(1), randomKey(1)]
      const [x, y] = [`${encodeKey(a)}${encodeKey(b)}`, `${encodeKey(c)}${encodeKey(d)}`]
      expect(x < y ? -1 : x > y ? 1 : 0).toBe(compareLists([a, b], [c, d], compare))
    }
  })

  test('−0 is 0', () => {
    expect(encodeKey(-0)).toBe(encodeKey(0))
  })

  test.each([
    ['NaN', NaN],
    ['an invalid date', new Date(NaN)],
    ['null', null],
    ['undefined', undefined],
    ['true', true],
    ['an object', {}],
    ['a bigint', 1n],
    ['an array with a hole', Array(1)],
    ['an array with an object', [1, {}]],
  ])('%s is no key', (_, value) => {
    expect(encodeKey(value)).toBeUndefined()
    expect(() => requireKey(value, 'Store "s"')).toThrow(
      expect.objectContaining({ code: 'invalid_key' }),
    )
  })

  test('an array that contains itself is no key, the same array twice is', () => {
    const loop: unknown[] = []
    loop.push(loop)
    expect(encodeKey(loop)).toBeUndefined()
    const twice = [1]
    expect(decodeKey(encodeKey([twice, twice]) as string)).toEqual([[1], [1]])
  })
})

test('an index orders absent, null, booleans, keys and the rest', () => {
  const values = [
    undefined,
    null,
    false,
    true,
    -1,
    0,
    new Date(0),
    '',
    'a',
    new ArrayBuffer(0),
    [],
    ['a'],
    {},
  ]
  const encoded = values.map(encodeIndexed)
  expect(encoded.toSorted()).toEqual(encoded)
  expect(decodeKeys(encoded.join(''), 9)).toEqual(values.slice(0, 9))
})
