/** Statements as Postgres's own parser reads them: some 100 ms for the first, in a process of their own. */
import type { Node } from 'libpg-query'
import { parseTexts } from './parser-process.ts'

/** The one statement of each text; null where it is not one, or no SQL that the parser knows: Postgres says what is wrong with it. */
export async function parseStatements(texts: readonly string[]): Promise<(Node | null)[]> {
  if (texts.length === 0) return []
  const trees = await parseTexts(texts)
  return trees.map((tree) => (tree?.stmts?.length === 1 ? (tree.stmts[0]?.stmt ?? null) : null))
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
