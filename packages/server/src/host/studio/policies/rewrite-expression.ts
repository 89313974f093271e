/** How a policy's expression would be cheaper: asked once a statement in place of once a row, or found by an index. */
import type { Relation } from '#host/studio/catalog'
import { quoteIdentifier } from '#base/sql'
import { nodesOf, splitExpression } from './split-expression.ts'

/** Functions of the caller alone, as Postgres prints their calls. */
const callOfCaller =
  /(?<!select\s)(?<![\w.])(?:auth\.(?:uid|jwt|role|email)\(\)|(?:pg_catalog\.)?current_setting\('(?:[^']|'')*'(?:::text)?(?:, (?:true|false))?\))/gi

/** Null where nothing would be gained. `(owner = auth.uid())` → `(owner = (select auth.uid()))` */
export function rewriteExpression(expression: string): string | null {
  const rewritten = outsideStrings(expression, (text) =>
    text.replace(callOfCaller, (call) => `(select ${call})`),
  )
  return rewritten === expression ? null : rewritten
}

/** A call inside a string is none; the string that a call is given belongs to it. */
function outsideStrings(text: string, change: (part: string) => string): string {
  const placeholder = (i: number): string => `'\ue000${i}'`
  const kept: string[] = []
  const hidden = text.replace(/(?<!current_setting\()[eE]?'(?:[^'\\]|\\.|'')*'/gs, (quoted) => {
    kept.push(quoted)
    return placeholder(kept.length - 1)
  })
  return change(hidden).replace(/'\ue000(\d+)'/g, (_, i: string) => kept[Number(i)] ?? '')
}

/** Columns that are compared with something of the caller and begin no index. */
export function missingIndexes(relation: Relation, expression: string): string[] {
  const leaves = nodesOf(splitExpression(expression)).filter(({ op }) => op === 'leaf')
  const compared = relation.columns
    .map(({ name }) => name)
    .filter((name) => {
      const written = /^[a-z_][a-z0-9_$]*$/.test(name) ? name : quoteIdentifier(name)
      const escaped = written.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      const column = `\\(?(?:\\w+\\.)?${escaped}\\)?(?:::\\w+)?`
      const pattern = new RegExp(`^(?:${column} (?:= |IN )|.* = ${column}$)`, 's')
      return leaves.some((leaf) => pattern.test(leaf.expression))
    })
  const leading = relation.indexes.flatMap(({ definition, valid }) => {
    const [, first] = / USING \w+ \(("(?:[^"]|"")+"|[\w$]+)/.exec(definition) ?? []
    return valid && first !== undefined ? [first] : []
  })
  return compared.filter(
    (name) => !leading.includes(name) && !leading.includes(quoteIdentifier(name)),
  )
}
