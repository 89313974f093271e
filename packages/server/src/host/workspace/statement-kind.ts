/** What a statement is, by its first words: whether it may run in a transaction, begins or ends one, or must be looked at. */
import { leadingWords } from './leading-words.ts'

/** `alone` runs outside a transaction, `begin` and `end` are a transaction of the file's own. */
export type StatementKind = 'alone' | 'begin' | 'end' | 'plain'

/** Postgres refuses these in a transaction block. The first of a list of alternatives that matches decides. */
const alone: readonly RegExp[] = [
  /^create (unique )?index concurrently\b/,
  /^drop index concurrently\b/,
  /^reindex (\( .*\bconcurrently\b|(index|table|schema|database|system) concurrently\b|(schema|database|system)\b)/,
  /^vacuum\b/,
  /^cluster( verbose| \( .*\))?$/,
  /^alter system\b/,
  /^(create|drop) (database|tablespace)\b/,
  /^alter database \S+ set tablespace\b/,
  /^(create|drop) subscription\b/,
  /^alter subscription \S+ (refresh|set publication|add publication|drop publication)\b/,
  /^alter table .* detach partition \S+( \. \S+)? concurrently\b/,
]

export function kindOf(text: string): StatementKind {
  const words = leadingWords(text, 14).join(' ')
  if (/^(begin|start transaction)\b/.test(words)) return 'begin'
  if (/^(commit|end|rollback|abort)\b(?! (to|prepared|(work|transaction) to)\b)/.test(words)) {
    return /\band chain\b/.test(words) ? 'begin' : 'end'
  }
  return alone.some((pattern) => pattern.test(words)) ? 'alone' : 'plain'
}

const looked: readonly RegExp[] = [
  /^(create|alter|drop) extension\b/,
  /^create( or replace)?( trusted)?( procedural)? language\b/,
  /^comment on extension\b/,
  /^create event trigger\b/,
  /^(create|alter) foreign data wrapper\b/,
  /^create publication\b.*\bfor (all|tables)\b/,
  /^alter publication\b.*\btables in schema\b/,
]

/** Whether the parser has to look at it. Most files hold no such statement, and never load the parser. */
export function needsParser(text: string): boolean {
  const words = leadingWords(text, 14).join(' ')
  if (/^create (unique )?index\b/.test(words)) return /\b(hnsw|ivfflat)\b/i.test(text)
  if (/^create trigger\b/.test(words))
    return /\b(auth|realtime|storage)"?\s*\.[^;]*\bexecute\s+(function|procedure)\s+"?(auth|realtime|storage)\b/i.test(
      text,
    )
  if (/^alter table\b/.test(words)) return /\bvault"?\s*\.\s*"?secrets\b/i.test(text)
  return looked.some((pattern) => pattern.test(words))
}
