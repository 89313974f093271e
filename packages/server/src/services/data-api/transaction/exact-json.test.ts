import { expect, test } from 'vitest'
import { ExactJson, ExactNumber } from './exact-json.ts'

const json = new ExactJson('b7c0de')
const again = (text: string): string => json.write(json.parse(text))

test.each([
  '12345678901234567890',
  '-9007199254740993',
  '[1.10,1e400,-0.0,1E5]',
  '{"a":{"b":[0.1,9007199254740993]}}',
  '"9007199254740993"',
  '"a \\"9007199254740993\\" b"',
  '"\\\\9007199254740993"',
])('%s is written as it was read', (text) => {
  expect(again(text)).toBe(text)
})

test('a number that a double can say is a number', () => {
  expect(json.parse('[9007199254740992, 0.5]')).toEqual([9007199254740992, 0.5])
  expect(json.parse('9007199254740993')).toEqual(new ExactNumber('9007199254740993'))
})

test('a text that looks like a marked number stays a text without the nonce', () => {
  expect(again('["b7c0d1","1.10",1.10]')).toBe('["b7c0d1","1.10",1.10]')
})

test('what is no JSON is refused', () => {
  for (const text of ['', '"1.10', '[1.10', '01.10'])
    expect(() => json.parse(text)).toThrow(SyntaxError)
})

test('many quotes that do not pair cost no time', () => {
  const startedAt = performance.now()
  expect(() => json.parse(`1.1${'\\"'.repeat(200_000)}`)).toThrow(SyntaxError)
  expect(performance.now() - startedAt).toBeLessThan(1_000)
})

test('random documents are written as they were read', () => {
  let seed = 7
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((seed / 2_147_483_648) * below)
  }
  const digits = (most: number): string =>
    Array.from({ length: 1 + random(most) }, () => random(10)).join('')
  const number = (): string =>
    `${random(3) === 0 ? '-' : ''}${1 + random(9)}${digits(25)}${random(2) === 0 ? `.${digits(20)}` : ''}${random(4) === 0 ? `e+${1 + random(400)}` : ''}`
  const characters = [
    '"',
    '\\',
    '1',
    '9'.repeat(17),
    '1.50',
    'é',
    '\n',
    '{',
    ',',
    ':',
    'b7c0de',
    '\u0000',
  ]
  const text = (): string =>
    JSON.stringify(
      Array.from({ length: random(6) }, () => characters[random(characters.length)]).join(''),
    )
  const value = (depth: number): string => {
    const kind = random(depth > 4 ? 4 : 6)
    if (kind < 2) return number()
    if (kind === 2) return text()
    if (kind === 3) return ['true', 'false', 'null'][random(3)] as string
    const items = Array.from({ length: random(5) }, () => value(depth + 1))
    return kind === 4
      ? `[${items.join(',')}]`
      : `{${items.map((item, at) => `"k${at}":${item}`).join(',')}}`
  }
  const fair = new ExactJson('5e2c1f3a-nonce')
  for (let round = 0; round < 2_000; round++) {
    const document = value(0)
    expect(fair.write(fair.parse(document))).toBe(document)
  }
})
