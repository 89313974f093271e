/** Postgres's own parser (libpg-query, WebAssembly): 25 ms and 6 MB, loaded when the first statement needs it. */
import type { Node } from 'libpg-query'

/** The one statement of `text`; null when it is not one, or no SQL that this parser knows. */
export async function parseStatement(text: string): Promise<Node | null> {
  const { parse } = await import('libpg-query')
  try {
    const { stmts = [] } = await parse(text)
    return stmts.length === 1 ? (stmts[0]?.stmt ?? null) : null
  } catch {
    // Postgres says what is wrong with it, and where
    return null
  }
}

/** `[{ String: { sval: 'public' } }, …]` → `public`, … */
export function namesOf(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).flatMap((node) => textOf(node) ?? [])
}

/** The text of a string, number or boolean; null for anything else. */
export function textOf(node: Node | undefined): string | null {
  if (node === undefined) return null
  if ('String' in node) return node.String.sval ?? ''
  if ('Integer' in node) return String(node.Integer.ival ?? 0)
  if ('Float' in node) return node.Float.fval ?? null
  if ('Boolean' in node) return String(node.Boolean.boolval ?? false)
  return 'TypeName' in node ? (namesOf(node.TypeName.names).at(-1) ?? null) : null
}
