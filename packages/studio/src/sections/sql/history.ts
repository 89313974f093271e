/** What was run, of this browser: the newest first, some dozens. */

export interface Past {
  readonly query: string
  readonly at: number
  readonly ok: boolean
}

const most = 60
const longest = 20_000

const keyOf = (ref: string): string => `sql-history:${ref}`

export function readHistory(ref: string): readonly Past[] {
  try {
    return JSON.parse(localStorage.getItem(keyOf(ref)) ?? '[]') as readonly Past[]
  } catch {
    return []
  }
}

export function remember(ref: string, query: string, ok: boolean): void {
  if (query.length > longest) return
  const others = readHistory(ref).filter((past) => past.query !== query)
  try {
    localStorage.setItem(
      keyOf(ref),
      JSON.stringify([{ query, at: Date.now(), ok }, ...others].slice(0, most)),
    )
  } catch {
    // full: it is only not remembered
  }
}

export const forgetHistory = (ref: string): void => localStorage.removeItem(keyOf(ref))
