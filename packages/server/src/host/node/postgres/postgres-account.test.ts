import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { canReach, makePrivateFolder, ownFolder, socketFolder } from './postgres-account.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'basalt-account-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('an account reaches a path when every folder above lets it through', () => {
  const stranger = { uid: 12_345, gid: 12_345 }
  const owner = { uid: statSync(folder).uid, gid: 12_345 }
  const inner = join(folder, 'a/b')
  mkdirSync(inner, { recursive: true })
  chmodSync(folder, 0o755)
  expect(canReach(inner, stranger)).toBe(true)
  chmodSync(folder, 0o700)
  expect(canReach(inner, stranger)).toBe(false)
  expect(canReach(inner, owner)).toBe(true)
  expect(canReach(inner, null)).toBe(true)
})

test('the folder of a socket is private, the same each time, and short', () => {
  const first = socketFolder(join(folder, 'pgdata'), null)
  expect(statSync(first).mode & 0o777).toBe(0o700)
  expect(socketFolder(join(folder, 'pgdata'), null)).toBe(first)
  expect(Buffer.byteLength(`${first}/.s.PGSQL.65535`)).toBeLessThan(104)
  // one that others may enter is not used
  chmodSync(first, 0o777)
  const other = socketFolder(join(folder, 'pgdata'), null)
  expect(other).not.toBe(first)
  for (const path of [first, other]) rmSync(path, { recursive: true })
})

test('private folders are new each time', () => {
  const folders = [makePrivateFolder(null), makePrivateFolder(null)]
  expect(new Set(folders).size).toBe(2)
  for (const path of folders) rmSync(path, { recursive: true })
})

test('a cache folder that somebody else could write to is not trusted', () => {
  const mine = join(folder, 'mine')
  expect(ownFolder(mine)).toBe(mine)
  chmodSync(mine, 0o777)
  expect(ownFolder(mine)).toBeNull()
  symlinkSync(folder, join(folder, 'link'))
  expect(ownFolder(join(folder, 'link'))).toBeNull()
})
