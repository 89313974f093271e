/** studio.changeRow: all changes in one transaction, or none. */
import type { ProjectDatabase } from '#host/control-plane/inspect'
import { qualified } from '#host/studio/catalog'
import type { Relation } from '#host/studio/catalog'
import { DatabaseError } from '#base/db'
import type { Result, RunOptions, Transaction } from '#base/db'
import { identifier, join, sql, verbatim } from '#base/sql'
import type { Fragment, Statement } from '#base/sql'
import { rowsErrors } from './errors.ts'
import { literalText } from './literal-text.ts'
import { renderKey } from './read-cell.ts'
import { textRows } from './render-cells.ts'
import { renderDelete, renderInsert, renderUnchanged, renderUpdate } from './render-changes.ts'
import { checkValues, requireWritable } from './row-changes.ts'
import type { Changes } from './row-changes.ts'
import type { Cursor } from './row-query.ts'

type Row = readonly (string | null)[]

export interface Conflict {
  readonly key: Cursor
  /** What is there now; null where the row is gone. */
  readonly current: Row | null
}

export interface Changed {
  readonly columns: readonly string[]
  readonly inserted: readonly Row[]
  readonly updated: readonly Row[]
  /** Whole, so that they can be put back. */
  readonly deleted: readonly Row[]
  /** A trigger kept them from being written: there was no error. */
  readonly untouched: number
}

export interface Conflicted {
  readonly columns: readonly string[]
  readonly conflicts: readonly Conflict[]
}

const maxRowBytes = 64 * 1024 * 1024

/** The statements, with their values written into them. */
export function previewChanges(relation: Relation, changes: Changes): string[] {
  checkValues(changes)
  requireWritable(relation, changes)
  const { inserts = [], updates = [], deletes = [], restore = false } = changes
  return [
    ...deletes.map(({ key }) => renderDelete(relation, key)),
    ...updates.map((update) => renderUpdate(relation, update)),
    ...inserts.map((values) => renderInsert(relation, values, restore)),
  ].map((statement) => `${literalText(statement)};`)
}

/** Rolled back, and said which, where somebody else was there before. */
class Rollback extends Error {}

/** @throws studio_change_refused, studio_relation_not_writable, studio_column_not_writable */
export async function changeRows(
  database: ProjectDatabase,
  relation: Relation,
  changes: Changes,
  options: RunOptions,
): Promise<Changed | Conflicted> {
  checkValues(changes)
  requireWritable(relation, changes)
  const { role, claims } = changes
  const identity = {
    ...(role === undefined ? {} : { role }),
    ...(claims === undefined ? {} : { claims }),
  }
  const work = new Work(relation)
  try {
    await database.as(identity, (transaction) => work.run(transaction, changes), {
      ...options,
      maxRowBytes,
    })
  } catch (error) {
    if (!(error instanceof Rollback)) throw error
    return { columns: work.columns, conflicts: work.conflicts }
  }
  const { columns, inserted, updated, deleted, untouched } = work
  return { columns, inserted, updated, deleted, untouched }
}

class Work {
  readonly conflicts: Conflict[] = []
  readonly inserted: Row[] = []
  readonly updated: Row[] = []
  readonly deleted: Row[] = []
  untouched = 0
  readonly columns: readonly string[]
  readonly #relation: Relation
  readonly #all: Fragment

  constructor(relation: Relation) {
    this.#relation = relation
    this.columns = relation.columns.map(({ name }) => name)
    this.#all = join(
      this.columns.map((name) => identifier(name)),
      ', ',
    )
  }

  /** Deletes first: what is put in their place may have their keys. */
  async run(transaction: Transaction, changes: Changes): Promise<void> {
    const { inserts = [], updates = [], deletes = [], restore = false } = changes
    const relation = this.#relation
    for (const [i, { key }] of deletes.entries()) {
      const found = renderKey(relation, key)
      const statement = renderDelete(relation, key)
      await this.#changeOne(transaction, {
        place: `Delete ${i + 1}`,
        key,
        found,
        statement,
        into: this.deleted,
      })
    }
    for (const [i, update] of updates.entries()) {
      const found = renderUnchanged(relation, update)
      const statement = renderUpdate(relation, update)
      await this.#changeOne(transaction, {
        place: `Update ${i + 1}`,
        key: update.key,
        found,
        statement,
        into: this.updated,
      })
    }
    if (this.conflicts.length > 0) throw new Rollback()
    for (const [i, values] of inserts.entries()) {
      const statement = renderInsert(relation, values, restore)
      const [written] = await named(`Insert ${i + 1}`, transaction.run(this.#returning(statement)))
      this.#take(written as Result, this.inserted)
    }
  }

  /** Looked at, then written, in one round trip: the row is locked between. */
  async #changeOne(
    transaction: Transaction,
    change: { place: string; key: Cursor; found: Fragment; statement: Fragment; into: Row[] },
  ): Promise<void> {
    const relation = this.#relation
    const table = verbatim(qualified(relation))
    const lock = verbatim(
      relation.kind === 'table' || relation.kind === 'partitioned' ? ' for update' : '',
    )
    const look = sql`/* studio.findRow */ select 1 from ${table} where ${change.found}${lock}`
    const write = this.#returning(change.statement)
    const [found, written] = await named(change.place, transaction.run(look, write))
    if ((found as Result).rows.length > 0) {
      this.#take(written as Result, change.into)
      return
    }
    const [now] = await named(
      change.place,
      transaction.run(sql`/* studio.readConflict */
        select ${this.#all} from ${table} where ${renderKey(relation, change.key)}`),
    )
    this.conflicts.push({ key: change.key, current: textRows(now as Result)[0] ?? null })
  }

  #returning(statement: Fragment): Statement {
    return sql`/* studio.changeRow */ ${statement} returning ${this.#all}`
  }

  #take(result: Result, into: Row[]): void {
    const rows = textRows(result)
    if (rows.length === 0) this.untouched++
    into.push(...rows)
  }
}

/** Which of the changes it was that Postgres refused, and all it said of it. */
async function named<T>(place: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    const { code, message, detail, hint } = error
    throw rowsErrors.studio_change_refused(
      { place, message, code, detail: detail ?? '', hint: hint ?? '' },
      error,
    )
  }
}
