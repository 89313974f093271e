/** What is the same is parsed once, and nothing is kept for longer than somebody needs it. */
import { expect, test } from 'vitest'
import type { Language, Parsed } from '#parse'
import { ParseOnce } from './parse-once.ts'

const file = (path: string, hash: string) => ({ path, hash })
const language = (name: string): Language => ({ name, extensions: [], grammar: '', query: '' })
const nothing: Parsed = {
  symbols: { count: 0, columns: [] },
  references: { count: 0, columns: [] },
}

function open(paths: Readonly<Record<string, string>>) {
  const parsed: string[] = []
  const once = new ParseOnce(
    async ({ name }, text) => {
      parsed.push(`${name} ${text.slice(0, 10)}`)
      if (text === 'bad') throw new Error('no tree')
      return nothing
    },
    Object.entries(paths).map(([path, hash]) => file(path, hash)),
  )
  return { parsed, once }
}

test('files of one content and one language are parsed once, and again behind the last of them', async () => {
  const { parsed, once } = open({ 'a.ts': 'x', 'b.mts': 'x', 'c.js': 'x', 'd.ts': 'y' })
  for (const [name, hash] of [
    ['typescript', 'x'],
    ['typescript', 'x'],
    ['javascript', 'x'],
    ['typescript', 'y'],
  ] as const)
    expect(await once.parse(language(name), hash, hash)).toBe(nothing)
  expect(parsed).toEqual(['typescript x', 'javascript x', 'typescript y'])
  await once.parse(language('typescript'), 'x', 'x')
  expect(parsed).toHaveLength(4)
})

test('what fails does so for each of them', async () => {
  const { parsed, once } = open({ 'a.ts': 'x', 'b.ts': 'x' })
  for (let time = 0; time < 2; time++)
    await expect(once.parse(language('typescript'), 'x', 'bad')).rejects.toThrow('no tree')
  expect(parsed).toEqual(['typescript bad'])
})

test('no more than 16 MB of texts are kept', async () => {
  const large = 'x'.repeat(9_000_000)
  const { parsed, once } = open({ 'a.ts': 'x', 'b.ts': 'x', 'c.ts': 'y', 'd.ts': 'y' })
  for (const hash of ['x', 'y', 'x', 'y']) await once.parse(language('typescript'), hash, large)
  expect(parsed).toHaveLength(3)
})
