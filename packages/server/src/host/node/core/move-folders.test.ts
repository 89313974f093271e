/** Folders change places whole, wherever it breaks off. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { finishMoves, moveFolders } from './move-folders.ts'
import type { Move } from './move-folders.ts'

let root: string
let moves: readonly Move[]
const at = (name: string) => join(root, name)
const whatIs = () =>
  Object.fromEntries(
    readdirSync(root).map((name) => [name, readFileSync(join(root, name, 'it'), 'utf8')]),
  )
const before = { data: 'old data', files: 'old files', newData: 'data', newFiles: 'files' }
const after = { data: 'data', files: 'files', oldData: 'old data', oldFiles: 'old files' }

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'basalt-moves-'))
  for (const [name, text] of Object.entries(before)) {
    mkdirSync(at(name))
    writeFileSync(join(root, name, 'it'), text)
  }
  moves = [
    [at('data'), at('oldData')],
    [at('newData'), at('data')],
    [at('files'), at('oldFiles')],
    [at('newFiles'), at('files')],
  ]
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

test.each([0, 1, 2, 3, 4])('killed after %d of four moves, it is finished later', (made) => {
  writeFileSync(at('journal'), JSON.stringify(moves))
  for (const move of moves.slice(0, made)) renameSync(...move)
  finishMoves(at('journal'))
  expect(whatIs()).toEqual(after)
  finishMoves(at('journal'))
  expect(whatIs()).toEqual(after)
})

test('what cannot be moved leaves all where it was', () => {
  rmSync(at('newFiles'), { recursive: true })
  expect(() => moveFolders(at('journal'), moves)).toThrow('ENOENT')
  const { newFiles: _, ...others } = before
  expect(whatIs()).toEqual(others)
})
