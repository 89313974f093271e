/** What others have named is shown, and does nothing else to the terminal. */
import { expect, test } from 'vitest'
import { printTable } from './table.ts'
import type { Terminal } from './terminal.ts'

test('control characters of what is listed are written out', () => {
  const lines: string[] = []
  const terminal = { out: (text: string) => void lines.push(text) } as Terminal
  printTable(terminal, ['ID'], [['a\u001b[31m\nb\u202ec'], ['ä → ü']])
  expect(lines).toEqual(['ID\n', 'a\\u001b[31m\\u000ab\\u202ec\n', 'ä → ü\n'])
})
