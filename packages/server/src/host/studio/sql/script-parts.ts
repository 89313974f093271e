/** A script as what is run of it: its statements, where they are in it, and what they are for a transaction. */
import { kindOf, splitStatements } from '#host/workspace'
import type { StatementKind } from '#host/workspace'
import { sqlErrors } from './errors.ts'

export interface ScriptPart {
  readonly text: string
  /** Of its first character within the script, in UTF-16 units. */
  readonly offset: number
  readonly kind: StatementKind
}

const maxStatements = 2_000

/** @throws studio_too_many_statements */
export function partsOf(script: string): readonly ScriptPart[] {
  let from = 0
  const parts: ScriptPart[] = []
  for (const { text, isEmpty, isMeta } of splitStatements(script)) {
    const offset = script.indexOf(text, from)
    from = offset + text.length
    if (!isEmpty && isMeta !== true) parts.push({ text, offset, kind: kindOf(text) })
  }
  if (parts.length > maxStatements)
    throw sqlErrors.studio_too_many_statements({ most: maxStatements })
  return parts
}

const explainable = /^(select|with|insert|update|delete|merge|values|table)\b/i
const comments = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/

/** What is put before a statement to have its plan; empty for one that has none. */
export function explainPrefix(text: string, how: 'plan' | 'analyze' | null): string {
  if (how === null || !explainable.test(text.replace(comments, ''))) return ''
  return how === 'plan'
    ? 'explain (format json, verbose) '
    : 'explain (analyze, buffers, format json, verbose) '
}

/** Postgres counts characters, from 1; JavaScript halves of some. */
export function positionIn(part: ScriptPart, position: number | null, prefix: string) {
  if (position === null || position <= prefix.length) return null
  let units = 0
  let left = position - prefix.length - 1
  for (const character of part.text) {
    if (left-- <= 0) break
    units += character.length
  }
  return part.offset + units + 1
}
