import { expect, test } from 'vitest'
import { hardLine, indent, printLayout } from './layout.ts'
import {
  array,
  errorType,
  keyOf,
  layoutMember,
  object,
  openObject,
  orNull,
  quote,
  tuple,
  union,
} from './type-layout.ts'
import type { TsType } from './type-layout.ts'

function print(key: string, type: TsType, depth = 0): string {
  let layout = layoutMember({ key, type })
  for (let at = 0; at < depth; at++) layout = indent([hardLine, layout])
  return printLayout(layout)
}

const member = (key: string, type: TsType) => ({ key, type })

test('an object stays on a line of 80 columns and breaks on one of 81', () => {
  const long = (length: number): TsType => object([member('a', 'x'.repeat(length))])
  expect(print('key', long(68))).toBe(`key: { a: ${'x'.repeat(68)} }`)
  expect(print('key', long(69))).toBe(`key: {\n  a: ${'x'.repeat(69)}\n}`)
})

test('an open object always breaks, and breaks what is around it', () => {
  expect(print('a', object([member('b', openObject([member('c', '1')]))]))).toBe(
    'a: {\n  b: {\n    c: 1\n  }\n}',
  )
  expect(print('a', openObject([]))).toBe('a: {}')
})

test('a union fits, or stands below its key', () => {
  expect(print('a', union(['"x"', '"y"']))).toBe('a: "x" | "y"')
  expect(print('a', union([`"${'x'.repeat(70)}"`, '"y"']))).toBe(
    `a:\n  | "${'x'.repeat(70)}"\n  | "y"`,
  )
  const one = object([member('Args', 'never'), member('Returns', 'n'.repeat(40))])
  const two = object([member('Args', 'never'), member('Returns', openObject([member('x', '1')]))])
  expect(print('a', union([one, two]))).toBe(
    `a:
  | { Args: never; Returns: ${'n'.repeat(40)} }
  | {
      Args: never
      Returns: {
        x: 1
      }
    }`,
  )
})

test('null is one more of a union, hangs on to an object, and is part of unknown', () => {
  expect(print('a', orNull('string'))).toBe('a: string | null')
  expect(print('a', orNull(union(['"x"', '"y"'])))).toBe('a: "x" | "y" | null')
  expect(print('a', orNull(openObject([member('b', '1')])))).toBe('a: {\n  b: 1\n} | null')
  expect(orNull('unknown')).toBe('unknown')
})

test('arrays, lists, errors', () => {
  expect(print('a', array('string'))).toBe('a: string[]')
  expect(print('a', array(union(['"x"', '"y"'])))).toBe('a: ("x" | "y")[]')
  expect(print('a', tuple([]))).toBe('a: []')
  expect(print('a', tuple(['1', '2']))).toBe('a: [1, 2]')
  expect(print('a', tuple([openObject([member('b', '1')])]))).toBe('a: [\n  {\n    b: 1\n  },\n]')
  expect(print('a', errorType('no'))).toBe('a: {\n  error: true\n} & "no"')
})

test('quotes where they are needed, of the kind that needs fewer backslashes', () => {
  expect(['id', '_1', '$a', '1a', 'user-id', '', 'ä'].map((name) => keyOf(name))).toEqual([
    'id',
    '_1',
    '$a',
    '"1a"',
    '"user-id"',
    '""',
    '"ä"',
  ])
  expect(keyOf('a b', true)).toBe('"a b"?')
  expect(quote(`it's`)).toBe(`"it's"`)
  expect(quote('say "x"')).toBe(`'say "x"'`)
  expect(quote(`"it's"`)).toBe(`'"it\\'s"'`)
})
