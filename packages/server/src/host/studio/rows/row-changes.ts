/** What is to be changed, and whether it can be. */
import { columnOf } from '#host/studio/catalog'
import type { Column, Relation } from '#host/studio/catalog'
import { rowsErrors } from './errors.ts'
import { invalid } from './row-query.ts'
import type { Cursor } from './row-query.ts'

/** Text as Postgres reads it, null, or what the column has by default. */
export type NewValue = string | null | { readonly default: true }

export interface Insert {
  readonly [column: string]: NewValue
}

export interface Update {
  readonly key: Cursor
  /** What is changed only if it is still this. */
  readonly old: Readonly<Record<string, string | null>>
  readonly new: Insert
}

export interface Changes {
  readonly inserts?: readonly Insert[]
  readonly updates?: readonly Update[]
  readonly deletes?: readonly { readonly key: Cursor }[]
  readonly preview?: boolean
  /** Rows as they were: also what Postgres numbers is given; what it makes of other columns is left out. */
  readonly restore?: boolean
  readonly role?: string
  readonly claims?: Readonly<Record<string, unknown>>
}

export interface Assignment {
  readonly column: Column
  readonly value: NewValue
}

/** @throws studio_relation_not_writable */
export function requireWritable(relation: Relation, { updates = [], deletes = [] }: Changes): void {
  const name = `${relation.schema}.${relation.name}`
  const refuse = (reason: string): Error =>
    rowsErrors.studio_relation_not_writable({ relation: name, reason })
  if (!relation.updatable) throw refuse(`it is a ${relation.kind} that Postgres cannot write to`)
  if (relation.key === null && updates.length + deletes.length > 0)
    throw refuse('it has no primary key and no unique index on columns that are never null')
}

/** @throws studio_column_not_writable, studio_column_not_found */
export function assignmentsOf(relation: Relation, values: Insert, restore: boolean): Assignment[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const column = columnOf(relation, name)
    const reason = reasonAgainst(column, value)
    if (reason === null) return [{ column, value }]
    if (!restore) throw rowsErrors.studio_column_not_writable({ column: name, reason })
    return column.identity === 'always' ? [{ column, value }] : []
  })
}

function reasonAgainst(column: Column, value: NewValue): string | null {
  const isDefault = value !== null && typeof value === 'object'
  if (column.generated !== null)
    return isDefault ? null : `Postgres makes it of other columns: ${column.expression}`
  if (column.identity === 'always') return isDefault ? null : 'Postgres numbers it always'
  return column.updatable ? null : 'the view only shows it'
}

/** The schema says so too; values of maps are checked here. */
export function checkValues(changes: Changes): void {
  const maps = [...(changes.inserts ?? []), ...(changes.updates ?? []).map((update) => update.new)]
  for (const map of maps)
    for (const [name, value] of Object.entries(map as Record<string, unknown>))
      if (!isNewValue(value))
        throw invalid(`${name}: a value is text, null or {"default": true}, never a number`)
  for (const { old } of changes.updates ?? [])
    for (const [name, value] of Object.entries(old as Record<string, unknown>))
      if (value !== null && typeof value !== 'string')
        throw invalid(`${name}: what was there is text or null`)
}

function isNewValue(value: unknown): value is NewValue {
  if (value === null || typeof value === 'string') return true
  return typeof value === 'object' && Object.keys(value).join() === 'default'
}
