/** A part of the names that fit: all repositories' of one name are in the same, and none is there twice. */
import { setImmediate } from 'node:timers/promises'
import type { FoundName, NamePart } from '#names'

/** So many, and those that have the name of the last. `names`: in order; null: others should be let go first. */
export async function takeNames(
  names: Iterable<FoundName | null>,
  count: number,
): Promise<NamePart> {
  const taken: FoundName[] = []
  const repositories = new Set<string>()
  for (const next of names) {
    if (next === null) {
      await setImmediate()
      continue
    }
    if (next.name !== taken.at(-1)?.name) {
      if (taken.length >= count) return { names: taken, isLast: false }
      repositories.clear()
    }
    if (!repositories.has(next.repository)) taken.push(next)
    repositories.add(next.repository)
  }
  return { names: taken, isLast: true }
}
