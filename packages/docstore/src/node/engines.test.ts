/** Every engine keeps the contract; the one of browsers does in `examples/embedded`, in Chromium. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryLevel } from 'memory-level'
import { afterEach, describe, expect, test } from 'vitest'
import { engineSuite } from '@basalt/docstore/testing'
import { createLevelEngine, openMemoryEngine } from '#engine'
import { openLevelEngine } from '#node'

const folders: string[] = []
const options = { verify: 'full', cacheBytes: 8 << 20, writeBufferBytes: 1 << 20 } as const
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

describe('LevelDB', () => {
  const factory = async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'docstore-'))
    folders.push(dataDir)
    const open = () => openLevelEngine({ dataDir, ...options })
    return { engine: await open(), reopen: open }
  }
  for (const { name, run } of engineSuite(factory))
    test(name, () => expect(run()).resolves.toBeUndefined())
})

describe('memory', () => {
  for (const { name, run } of engineSuite(async () => ({ engine: await openMemoryEngine() })))
    test(name, () => expect(run()).resolves.toBeUndefined())
})

describe('an engine without snapshots and answers at once, as browsers have', () => {
  const factory = async () => {
    const level = new MemoryLevel<string, string>({ keyEncoding: 'utf8' })
    await level.open()
    Object.assign(level.supports, { explicitSnapshots: false, getSync: false })
    return { engine: createLevelEngine(level) }
  }
  for (const { name, run } of engineSuite(factory))
    test(name, () => expect(run()).resolves.toBeUndefined())
})
