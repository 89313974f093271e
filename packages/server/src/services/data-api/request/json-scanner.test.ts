import { describe, expect, test } from 'vitest'
import { isJsonObject } from '#base/kernel'
import { JsonScanner } from './json-scanner.ts'
import type { JsonFacts } from './json-scanner.ts'

const options = { maxKeys: 1_600, cutsKeys: false }
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** What the scanner finds, reading `piece` bytes at a time. */
function scan(text: string, piece: number): JsonFacts | string {
  const scanner = new JsonScanner(bytes(text), options)
  try {
    for (;;) if (scanner.advance(piece)) return scanner.facts
  } catch (error) {
    return (error as Error).message
  }
}

/** The same by JSON.parse. */
function parse(text: string): JsonFacts | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'Empty or invalid json'
  }
  if (isJsonObject(value)) return { kind: 'object', keys: Object.keys(value).sort(), rows: 0 }
  if (!Array.isArray(value)) return { kind: 'scalar', keys: [], rows: 0 }
  const [first] = value as unknown[]
  if (first === undefined) return { kind: 'array', keys: [], rows: 0 }
  const keys = isJsonObject(first) ? Object.keys(first).sort() : null
  const same = value.every(
    (row: unknown) =>
      isJsonObject(row) && keys !== null && String(Object.keys(row).sort()) === String(keys),
  )
  if (!same || keys === null) return 'All object keys must match'
  return { kind: 'array', keys, rows: value.length }
}

const texts = [
  '',
  ' ',
  '{}',
  '[]',
  ' [ ] ',
  '1',
  '-0.5e+10',
  '01',
  '1.',
  '.5',
  '+1',
  '1e',
  '"a"',
  '"a',
  '"\\u00e9\\n"',
  '"\\x"',
  '"\\u12g4"',
  '"\t"',
  'true',
  'tru',
  'nul',
  'null ',
  '{"a":1}',
  '{"a":1,}',
  '{,}',
  '{"a"}',
  '{"a":}',
  '{a:1}',
  '{"a":1}{}',
  '[1,2]',
  '[1,]',
  '[,1]',
  '[{"a":1},{"a":2}]',
  '[{"b":1,"a":2},{"a":3,"b":4}]',
  '[{"a":1},{"b":2}]',
  '[{"a":1},{}]',
  '[{},{}]',
  '[{"a":1},2]',
  '[[{"a":1}]]',
  '[{"a":{"b":[1,{"c":2}]}},{"a":[]}]',
  '{"a":1,"a":2}',
  '[{"a":1,"a":2},{"a":1}]',
  '[{"a":1,"b":2},{"a":1,"a":2}]',
  '{"\\u0061":1,"b":2}',
  '[{"\\u0061":1},{"a":2}]',
  '{"é":1,"日本":2,"😀":3}',
  '{"__proto__":1,"constructor":2}',
  '{"\ufeffa":1}',
  '[{"a":"}],{["},{"a":"\\""}]',
  ']',
  '}',
  '[}',
  '{]',
]

/** Of two faults either may be told. */
function expectSame(text: string, piece: number): void {
  const [scanned, parsed] = [scan(text, piece), parse(text)]
  if (typeof parsed === 'string') expect(typeof scanned, text).toBe('string')
  else expect(scanned, text).toEqual(parsed)
}

describe('a body read in pieces is what JSON.parse finds', () => {
  test.each(texts)('%s', (text) => {
    expect(scan(text, 1)).toEqual(scan(text, 1_000))
    for (const piece of [1, 2, 3, 7, 1_000]) expectSame(text, piece)
  })

  test('random bodies, whole and damaged', () => {
    expect.hasAssertions()
    let seed = 7
    const random = (below: number): number =>
      (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % below
    const alphabet = ['a', 'é', '"', '\\', '{', '}', '[', ']', ',', ':', '1', '-', ' ', 'e', 'u']
    const value = (depth: number): unknown =>
      [
        () => random(1_000) - 500,
        () => alphabet[random(alphabet.length)],
        () => null,
        () => random(2) === 0,
        () => (depth > 3 ? 0 : Array.from({ length: random(4) }, () => value(depth + 1))),
        () => (depth > 3 ? {} : row(depth)),
      ][random(6)]?.()
    const row = (depth: number): unknown =>
      Object.fromEntries(Array.from({ length: random(4) }, (_, i) => [`k${i}é`, value(depth + 1)]))
    for (let i = 0; i < 3_000; i++) {
      let text = JSON.stringify(
        random(2) === 0 ? value(0) : Array.from({ length: random(5) }, () => row(0)),
      )
      for (let damage = random(3); damage > 0; damage--) {
        const at = random(text.length + 1)
        text =
          text.slice(0, at) +
          (alphabet[random(alphabet.length)] as string) +
          text.slice(at + random(2))
      }
      expectSame(text, 1 + random(20))
    }
  })

  test('one key too many is refused, or cut where it may be', () => {
    const text = JSON.stringify(
      Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${i}`, i])),
    )
    const strict = new JsonScanner(bytes(text), { maxKeys: 100, cutsKeys: false })
    expect(() => strict.advance(1e9)).toThrow('A row has more than 100 keys')
    const cutting = new JsonScanner(bytes(text), { maxKeys: 100, cutsKeys: true })
    expect(cutting.advance(1e9)).toBe(true)
    expect(cutting.facts.keys.length).toBe(100)
  })

  test('depth is bounded', () => {
    const scanner = new JsonScanner(bytes(`[{"a":${'['.repeat(10_000)}`), options)
    expect(() => scanner.advance(1e9)).toThrow('nested more than 6000 deep')
  })
})
