/** Lines that begin with a backslash: psql's. What pg_dump writes is passed over, the rest is refused; nothing of it is run. */
import type { Adapted } from './adapted.ts'
import { Refusal } from './adapted.ts'

/** They say how psql is to behave, or where it is to connect; we are there. */
const passedOver = new Set([
  'restrict',
  'unrestrict',
  'connect',
  'c',
  'set',
  'echo',
  'encoding',
  'timing',
  'pset',
])

export function adaptMeta(text: string): Adapted {
  const command = /\\(\w*)[^\n]*$/.exec(text)?.[1] ?? ''
  if (passedOver.has(command)) return { texts: [] }
  throw new Refusal('Commands that begin with a backslash belong to psql. Remove the line.')
}
