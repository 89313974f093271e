/** What empties a session behind SQL that is not ours, so that nothing of one request reaches the next. */
import type { Statement } from '#base/sql'
import type { RunOptions } from './database.ts'

const statement = (name: string, text: string): Statement => ({
  name,
  text: `/* ${name} */ ${text}`,
  values: [],
})

/** Deferred constraints and triggers are a transaction's own: they run while it still is who it was. */
const settleConstraints = statement('db.settleConstraints', 'set constraints all immediate')
const unlock = statement('db.releaseLocks', 'select pg_catalog.pg_advisory_unlock_all()')
const forgetStatements = statement('db.forgetStatements', 'deallocate all')

const reset: readonly Statement[] = [
  settleConstraints,
  statement('db.resetSettings', 'reset all'),
  // no part of `reset all`
  statement('db.resetRole', `select pg_catalog.set_config('role', 'none', false)`),
  unlock,
  statement('db.dropTemporary', 'discard temp'),
  statement('db.closeCursors', 'close all'),
  statement('db.stopListening', 'unlisten *'),
  statement('db.forgetSequences', 'discard sequences'),
]
const resetAll = [...reset, forgetStatements]
const nothing: readonly Statement[] = []

/**
 * Runs behind the statements in their own transaction: behind a pooler the next one may be elsewhere. Eight statements
 * cost Postgres 5 to 6 µs (pgbench, 16 clients, two processors: a trivial function 55 k → 41 k/s, an insert 25 k → 22 k/s),
 * so it is for those to say that leave nothing. Nothing for `Prefer: tx=rollback`: what is undone leaves nothing but locks.
 */
export function resetBehind({ leaves = 'anything' }: RunOptions): readonly Statement[] {
  if (leaves === 'nothing') return nothing
  return leaves === 'anything' ? resetAll : reset
}

/** Whether those statements deallocate what is prepared. */
export function forgetsStatements({ leaves = 'anything' }: RunOptions): boolean {
  return leaves === 'anything'
}

/** After a failure or a rollback: Postgres undid the rest. */
export function resetUndone({ leaves = 'anything' }: RunOptions): readonly Statement[] {
  if (leaves === 'nothing') return nothing
  return leaves === 'anything' ? [unlock, forgetStatements] : [unlock]
}
