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
