/** An engine that lives as long as the process: for tests and throw-away stores. */
import { MemoryLevel } from 'memory-level'
import type { Engine } from './engine.ts'
import { createLevelEngine } from './level-engine.ts'

export async function openMemoryEngine(): Promise<Engine> {
  const level = new MemoryLevel<string, string>({ keyEncoding: 'utf8' })
  await level.open()
  return createLevelEngine(level)
}
