/** What parsing may take is parsing alone: a thread that begins, and a grammar that is compiled, are nobody's fault. */
import { afterEach, expect, test } from 'vitest'
import { openParser } from './open-parser.ts'
import type { SourceParser } from './open-parser.ts'
import { languages } from './languages.ts'
import type { Language } from './languages.ts'

let parser: SourceParser | null = null
afterEach(() => parser?.close())

const languageOf = (name: string): Language =>
  languages.find((language) => language.name === name) as Language

test('a limit that is shorter than the start of a thread refuses no small file', async () => {
  parser = openParser(1, 250)
  const typescript = await parser.parse(languageOf('typescript'), 'export function one() {}\n')
  expect(typescript?.symbols.count).toBe(1)
  // another grammar of the same thread
  const python = await parser.parse(languageOf('python'), 'def two():\n  three()\n')
  expect([python?.symbols.count, python?.references.count]).toEqual([1, 1])
})

test('what takes longer is told, and the next file has a thread of its own', async () => {
  parser = openParser(1, 250)
  const bomb = parser.parse(languageOf('javascript'), '`${'.repeat(300_000))
  const next = parser.parse(languageOf('javascript'), 'function survivor() {}\n')
  await expect(bomb).rejects.toThrow('parsing took longer than 250 ms')
  expect((await next)?.symbols.count).toBe(1)
})

test('threads that were prepared and never asked end with the parser', async () => {
  parser = openParser(2, 1_000)
  parser.prepare()
  parser.prepare()
  await parser.close()
  await expect(parser.parse(languageOf('go'), 'package a\n')).rejects.toThrow('the worker ends')
})
