import { expect, test } from 'vitest'
import { canonicalQuery } from './canonical-query.ts'

/** RFC 3986: everything but letters, digits and `-._~`. */
function escaped(text: string): string {
  return [...new TextEncoder().encode(text)]
    .map((byte) => {
      const char = String.fromCharCode(byte)
      return /[\w\-.~]/.test(char) && byte < 128
        ? char
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    })
    .join('')
}

test.each([
  ['ASCII', String.fromCharCode(...Array.from({ length: 128 }, (_, code) => code))],
  ['nothing', ''],
  ['a select', 'id,title,cards(id,"a b")'],
  ['beyond ASCII', "ä'€(😀)"],
])('%s is escaped as a URL has it, and pairs are sorted by name', (_, value) => {
  const pairs = [
    { name: 'b', value },
    { name: 'a', value: null },
  ]
  expect(canonicalQuery('not looked at', pairs)).toBe(`a=&b=${escaped(value)}`)
})
