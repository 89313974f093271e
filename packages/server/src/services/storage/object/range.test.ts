/** Which bytes a header asks for. */
import { expect, test } from 'vitest'
import { parseRanges } from './range.ts'

const ranges = (header: string, size = 10): string | null =>
  parseRanges(header, size)
    ?.map(({ start, end }) => `${start}-${end}`)
    .join(' ') ?? null

test.each([
  ['bytes=0-1', '0-1'],
  ['bytes=0-1,5-6', '0-1 5-6'],
  ['bytes= 0-1 , , 5-', '0-1 5-9'],
  // in their order, an overlap or a touch in the place of its first
  ['bytes=7-8,0-1', '7-8 0-1'],
  ['bytes=5-6,0-1,6-8', '5-8 0-1'],
  ['bytes=0-3,4-5', '0-5'],
  ['bytes=0-9,2-3,-1', '0-9'],
  // what is behind the end is left out
  ['bytes=0-0,20-30,-2', '0-0 8-9'],
  ['bytes=3-2,1-1', '1-1'],
])('%s of ten bytes', (header, expected) => {
  expect(ranges(header)).toBe(expected)
})

test.each([
  'bytes=20-30,40-',
  'bytes=,',
  'bytes=a-b,0-1',
  'bytes=0-1,2',
  'items=0-1,3-4',
  'bytes=--1,3-4',
])('%s is refused', (header) => {
  expect(() => ranges(header)).toThrow('invalid range')
})

test('more than sixteen are the whole object', () => {
  const many = (count: number): string =>
    `bytes=${Array.from({ length: count }, (_, i) => `${i * 2}-${i * 2}`).join(',')}`
  expect(ranges(many(16), 100)?.split(' ')).toHaveLength(16)
  expect(ranges(many(17), 100)).toBeNull()
})
