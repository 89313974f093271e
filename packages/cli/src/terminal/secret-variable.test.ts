import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { secretVariable } from './secret-variable.ts'

const folder = mkdtempSync(join(tmpdir(), 'basalt-secret-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const read = (variables: Readonly<Record<string, string>>): string | null =>
  secretVariable({ readVariable: (name) => variables[name] ?? null }, 'TOKEN')
const place = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

test('a variable, or the file that its name with _FILE gives, without its line end', () => {
  expect(read({})).toBeNull()
  expect(read({ TOKEN: 'a' })).toBe('a')
  expect(read({ TOKEN_FILE: place('token', 'b\n') })).toBe('b')
})

test('both, a folder, nothing, a file that is empty or large: told by name', () => {
  expect(() => read({ TOKEN: 'a', TOKEN_FILE: 'x' })).toThrow('are both set')
  expect(() => read({ TOKEN_FILE: folder })).toThrow('is no file')
  expect(() => read({ TOKEN_FILE: join(folder, 'none') })).toThrow('TOKEN_FILE cannot be read')
  expect(() => read({ TOKEN_FILE: place('empty', '\n') })).toThrow('is empty')
  expect(() => read({ TOKEN_FILE: place('large', 'x'.repeat(70_000)) })).toThrow('at most')
})
