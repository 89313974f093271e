import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { processStart } from './process-identity.ts'
import { livingHolder, takeLock } from './process-lock.ts'
import type { ProcessLock } from './process-lock.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'basalt-lock-'))
  path = join(folder, 'lock')
})
afterEach(() => rmSync(folder, { recursive: true }))

test('the first takes it, the second learns who has it, and it can be taken again once released', () => {
  const lock = takeLock(path) as ProcessLock
  expect(takeLock(path)).toEqual({ heldBy: process.pid })
  expect(livingHolder(path)).toBe(process.pid)
  lock.release()
  expect(existsSync(path)).toBe(false)
  expect('release' in takeLock(path)).toBe(true)
  expect(readdirSync(folder)).toEqual(['lock'])
})

test('a lock of a process that ended is taken over', async () => {
  const child = spawn('sleep', ['60'])
  const start = processStart(child.pid ?? 0)
  writeFileSync(path, JSON.stringify({ pid: child.pid, start }))
  expect(takeLock(path)).toEqual({ heldBy: child.pid })
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect('release' in takeLock(path)).toBe(true)
})

test('a lock of an earlier process with the number of a living one is taken over', () => {
  writeFileSync(path, JSON.stringify({ pid: process.ppid, start: 'long ago' }))
  expect('release' in takeLock(path)).toBe(true)
})

test('a lock file full of nonsense is taken over', () => {
  for (const content of ['', '{', '{"pid":-1}', '{"pid":"x"}', 'null']) {
    writeFileSync(path, content)
    const lock = takeLock(path)
    expect('release' in lock, content).toBe(true)
    ;(lock as ProcessLock).release()
  }
})

test('releasing leaves the lock of a successor alone', () => {
  const lock = takeLock(path) as ProcessLock
  writeFileSync(path, 'somebody else')
  lock.release()
  expect(existsSync(path)).toBe(true)
})
