/** Where a page of a fuzzy search begins: behind a symbol, whatever has come or gone before it. */
import type { Asking } from './asking.ts'
import { decodeCursor } from './cursor.ts'
import type { SymbolSearch } from './symbol-search.ts'

export interface Similar {
  /** How many were before it when it was found: so many names are looked at besides. */
  readonly place: number
  readonly name: string
  readonly id: string
}

/** Null: from the first one. @throws invalid_request */
export function afterSimilar({ cursor }: SymbolSearch): Similar | null {
  const given = decodeCursor(cursor, /^\d{1,18}$/, 3)
  if (given === null) return null
  const [place, name, id] = given
  return {
    place: Math.min(Math.max(0, Math.floor(Number(place)) || 0), 1_000_000),
    name: String(name),
    id: String(id),
  }
}

/** A condition; how alike its name is, says the name itself. */
export function behindSimilar(
  likeness: string,
  { pattern }: SymbolSearch,
  { name, id }: Similar,
  similarity: string,
  bind: Asking['bind'],
): string {
  const [lastName, lastId] = [bind(name, 'text'), bind(id, 'bigint')]
  const last = `${similarity}(${lastName}, ${bind(pattern, 'text')})`
  return `(${likeness} < ${last} or (${likeness} = ${last} and (symbols.name collate "C", symbols.id) > (${lastName}, ${lastId})))`
}
