/**
 * What an answer is made of: the tables behind it, however far, and whether it depends on who asks. Found by name in the
 * plan and in every definition that is met, so that it is rather more than less.
 */
import type { Project } from '#base/service'
import { judgeSource, namesIn } from './judge-source.ts'
import { findNamed } from './named-objects.ts'
import type { NamedFunction, NamedRelation } from './named-objects.ts'

export interface Sources {
  /** By oid; of a partition the table it is a part of. */
  readonly tables: readonly number[]
  /** Everybody of a role is answered the same. */
  readonly isSameForRole: boolean
}

export type Found = Sources | { readonly refusal: string }

const maxRounds = 20
const maxObjects = 500
const maxNames = 20_000

/** `plan` is what will be asked: every name it has is a text in it. `relation` is the one that is read, `schema.name`; null for a call. */
export async function findSources(
  project: Project,
  plan: unknown,
  relation: string | null,
): Promise<Found> {
  const known = new Set<string>()
  const tables = new Set<number>()
  const names = new Set<string>()
  collectTexts(plan, names)
  const defining = new Set<string>()
  let isSameForRole = true
  let inAnySchema = false
  for (let round = 0; round < maxRounds; round++) {
    const found = await findNamed(project, {
      names: [...names],
      defining: [...defining],
      inAnySchema,
    })
    if (round === 0 && relation !== null && !found.relations.some(({ name }) => name === relation))
      return { refusal: 'nothing is known of it' }
    // definitions are printed with their schemas, the sources of functions are as they were written
    if (found.functions.length > 0) inAnySchema = true
    const fresh = [...found.relations, ...found.functions].filter((one) => !known.has(idOf(one)))
    if (fresh.length === 0) return { tables: [...tables], isSameForRole }
    for (const one of fresh) {
      known.add(idOf(one))
      const { refusal, readsClaims } = judge(one)
      if (refusal !== null) return { refusal: `${one.name}: ${refusal}` }
      if (readsClaims) isSameForRole = false
      if ('kind' in one && one.kind === 'table') tables.add(one.root)
      for (const name of namesIn(one.source)) {
        names.add(name)
        defining.add(name)
      }
    }
    if (known.size > maxObjects || names.size > maxNames) break
  }
  return { refusal: 'it is made of too many things' }
}

/** Values, not the names of fields; a text may be more than a name. */
function collectTexts(value: unknown, texts: Set<string>): void {
  if (typeof value === 'string') {
    texts.add(value)
    for (const name of namesIn(value)) texts.add(name)
  } else if (typeof value === 'object' && value !== null)
    for (const item of Object.values(value)) collectTexts(item, texts)
}

function idOf(one: NamedRelation | NamedFunction): string {
  return `${'kind' in one} ${one.oid}`
}

function judge(one: NamedRelation | NamedFunction) {
  if (one.refusal !== null) return { refusal: one.refusal, readsClaims: true }
  return judgeSource(one.source, 'isDynamic' in one && one.isDynamic)
}
