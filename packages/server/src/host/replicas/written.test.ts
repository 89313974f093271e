import { expect, test } from 'vitest'
import { formatPosition, parsePosition, unknownPosition } from './position.ts'
import { Written } from './written.ts'

test('positions', () => {
  for (const text of ['0/0', '16/B374D848', 'FFFFF/FFFFFFFF', '0/1'])
    expect(formatPosition(parsePosition(text) as number)).toBe(text)
  for (const text of ['', '1', '1/', '/1', '1/123456789', 'g/1', '1/1/1', '-1/1', 'FFFFFFFF/0'])
    expect(parsePosition(text)).toBeNull()
})

test('a caller needs what he wrote last, until no replica can be that far behind', () => {
  const written = new Written(100)
  written.note('ada', 7, 0)
  written.note('ada', 5, 1)
  expect(written.needed(['ada', 'bob'], 99)).toBe(7)
  expect(written.needed(['bob'], 99)).toBe(0)
  expect(written.needed(['ada'], 101)).toBe(0)
})

test('whoever is forgotten for lack of room is not read to less than he wrote: all are read to that', () => {
  const written = new Written(100)
  written.note('ada', 7, 0)
  for (let i = 0; i < 10_000; i++) written.note(`u${i}`, 1, 0)
  expect(written.needed(['ada'], 50)).toBe(7)
  expect(written.needed(['bob'], 50)).toBe(7)
  expect(written.needed(['bob'], 101)).toBe(0)
})

test('what is not known yet is for the primary alone', () => {
  const written = new Written(100)
  written.noteAll(unknownPosition, 0)
  expect(written.needed([], 50)).toBe(unknownPosition)
  written.settle(unknownPosition, 9, 60)
  expect(written.needed([], 150)).toBe(9)
})
