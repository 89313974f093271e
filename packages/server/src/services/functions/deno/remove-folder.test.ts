import { chmodSync, existsSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { removeFolder } from './remove-folder.ts'

test('a folder that is deeper than a path is long, with what is closed and links, goes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'basalt-remove-'))
  const outside = mkdtempSync(join(tmpdir(), 'basalt-remove-'))
  writeFileSync(join(outside, 'kept'), '')
  let path = folder
  for (let depth = 0; path.length < 4000; depth++) {
    path = join(path, 'd'.repeat(200))
    mkdirSync(path)
    if (depth % 5 === 0) writeFileSync(join(path, 'file'), '')
  }
  symlinkSync(outside, join(folder, 'link'))
  chmodSync(join(folder, 'd'.repeat(200)), 0)
  await removeFolder(folder)
  expect([existsSync(folder), existsSync(join(outside, 'kept'))]).toEqual([false, true])
  await removeFolder(outside)
  await removeFolder(outside)
  expect(existsSync(outside)).toBe(false)
})
