import { describe, expect, test } from 'vitest'
import { compilePattern, UnreadablePattern } from './redirect-pattern.ts'

const isMatch = (pattern: string, text: string): boolean => compilePattern(pattern)(text)

describe('patterns as gobwas/glob reads them, with the separators . and /', () => {
  test.each([
    ['https://a.b/c', 'https://a.b/c'],
    ['https://*.b/c', 'https://a.b/c'],
    ['https://*.b/c', 'https://.b/c'],
    ['https://**', 'https://a.b/c/d.e'],
    ['https://a.b/***', 'https://a.b/c/d'],
    ['https://a?b/', 'https://a-b/'],
    ['https://pr-[0-9].b/', 'https://pr-7.b/'],
    ['https://[a-c].b/', 'https://b.b/'],
    ['https://[!a-c].b/', 'https://d.b/'],
    ['https://[abc].b/', 'https://c.b/'],
    ['https://[!abc].b/', 'https://x.b/'],
    ['https://a[!x]b/', 'https://a/b/'],
    ['https://a[./]b/', 'https://a.b/'],
    ['https://{a,b}.c/', 'https://a.c/'],
    ['https://{a,b}.c/', 'https://b.c/'],
    ['https://{a,b*}.c/', 'https://bee.c/'],
    ['https://{a,{b,d}x}.c/', 'https://dx.c/'],
    ['https://a{,-preview}.c/', 'https://a.c/'],
    ['https://a{,-preview}.c/', 'https://a-preview.c/'],
    ['https://{**,x}.c/', 'https://a.b.c/'],
    [String.raw`https://a.b/\*`, 'https://a.b/*'],
    [String.raw`https://a.b/\{x\}`, 'https://a.b/{x}'],
    [String.raw`https://a.b/[\]x]`, 'https://a.b/]'],
    ['https://a.b/x,y}', 'https://a.b/x,y}'],
    ['https://a.b/{x,y', 'https://a.b/y'],
    ['https://a.b/日?', 'https://a.b/日本'],
    ['https://a.b/[一-龥]', 'https://a.b/本'],
    ['https://a.b/?', 'https://a.b/😀'],
    ['https://a.b/{café,日本}/*', 'https://a.b/café/x'],
  ])('%s matches %s', (pattern, text) => expect(isMatch(pattern, text)).toBe(true))

  test.each([
    ['https://*.b/c', 'https://x.a.b/c'],
    ['https://a.b/*', 'https://a.b/c/d'],
    ['https://a.b/*', 'https://a.b/c.d'],
    ['https://a?b/', 'https://a.b/'],
    ['https://a?b/', 'https://a/b/'],
    ['https://a?b/', 'https://ab/'],
    ['https://[a-c].b/', 'https://d.b/'],
    ['https://[!a-c].b/', 'https://a.b/'],
    ['https://[!a-c].b/', 'https://.b/'],
    ['https://{a,b}.c/', 'https://ab.c/'],
    ['https://{a,b}.c/', 'https://{a,b}.c/'],
    ['https://{a,b*}.c/', 'https://b.x.c/'],
    [String.raw`https://a.b/\*`, 'https://a.b/x'],
    [String.raw`https://a.b/\*`, String.raw`https://a.b/\*`],
    ['https://a.b/[a-z]', 'https://a.b/[a-z]'],
    ['https://a.b', 'https://a.b/'],
    ['https://a.b/', 'https://a_b/'],
    ['', 'a'],
  ])('%s does not match %s', (pattern, text) => expect(isMatch(pattern, text)).toBe(false))

  test.each(['[', '[]', '[!]', '[a', '[z-a]', '[a-', '[a-z0-9]', '[!a-c'])(
    '%s cannot be read',
    (pattern) => expect(() => compilePattern(`https://a.b/${pattern}`)).toThrow(UnreadablePattern),
  )
})

test('no pattern takes long: no text is tried twice', () => {
  const patterns = [
    `${'**a'.repeat(60)}b`,
    `${'*a'.repeat(60)}b`,
    `${'{a,**,'.repeat(40)}x${'}'.repeat(40)}**b`,
    `${'{a*,a**}'.repeat(60)}b`,
    '?'.repeat(200),
  ]
  const text = 'a'.repeat(8_000)
  const started = performance.now()
  for (const pattern of patterns) expect(isMatch(pattern, text)).toBe(false)
  expect(performance.now() - started).toBeLessThan(4_000)
})
