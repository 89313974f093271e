/** A part of the model drill, with a seed, on each kind of engine. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as library from '@basalt/docstore'
import { runModel } from './docstore-model.mjs'

test('3,000 random operations on files do what the model does', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'docstore-model-'))
  const db = await library.openDocstore({ dataDir, durability: 'none', sweepIntervalMs: 0 })
  expect(await runModel({ db, library, operations: 3000, seed: 17 })).toBeGreaterThanOrEqual(3000)
  await db.close()
  rmSync(dataDir, { recursive: true, force: true })
})

test('3,000 random operations in memory do what the model does', async () => {
  const db = await library.openDocstore({ sweepIntervalMs: 0 })
  expect(await runModel({ db, library, operations: 3000, seed: 71 })).toBeGreaterThanOrEqual(3000)
  await db.close()
})
