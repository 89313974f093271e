/** Databases for tests: in a folder of their own, or in memory; time stands still until told. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { MemoryLevel } from 'memory-level'
import { createLevelEngine } from '#engine'
import { openDocstore, type OpenOptions } from './open-docstore.ts'
import type { Docstore, Stores } from '#database'

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'docstore-'))
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export const engineKinds = ['level', 'memory', 'later'] as const
export type EngineKind = (typeof engineKinds)[number]

/** `later`: an engine as browsers have it: no snapshots, no answers at once. */
export async function openFor<S extends Stores = Stores>(
  kind: EngineKind,
  options: OpenOptions = {},
): Promise<Docstore<S>> {
  const db = await openDocstore<S>({ sweepIntervalMs: 0, ...(await whereFor(kind)), ...options })
  cleanups.push(() => db.close())
  return db
}

async function whereFor(kind: EngineKind): Promise<OpenOptions> {
  if (kind === 'level') return { dataDir: newFolder(), durability: 'none' }
  if (kind === 'memory') return {}
  const level = new MemoryLevel<string, string>({ keyEncoding: 'utf8' })
  await level.open()
  Object.assign(level.supports, { explicitSnapshots: false, getSync: false })
  return { engine: createLevelEngine(level) }
}

export const code = (wanted: string): unknown => expectCode(wanted)
const expectCode = (wanted: string) => ({
  asymmetricMatch: (error: { code?: string }) => error?.code === wanted,
  toString: () => wanted,
})
