/** One change of a row, as it came from the log, and what is made of it for those who may see it. */
import type { ChangePosition } from '#services/realtime/channel'
import type { ChangeType, Relation, Tuple } from './pgoutput.ts'
import type { TableFacts } from './table-facts.ts'

/** Where a change stands. */
export interface ChangePlace {
  readonly relation: Relation
  readonly committedAtMs: number
  readonly position: ChangePosition
  /** The lower half of its transaction's number. */
  readonly xid: number
}

export interface Change extends ChangePlace {
  readonly type: ChangeType
  /** By column name; a large value that is unchanged and unknown is not there. Null for a DELETE. */
  readonly now: ReadonlyMap<string, string | null> | null
  /** Columns of the replica identity; null for an INSERT. */
  readonly before: ReadonlyMap<string, string | null> | null
  /** Of its values, as Postgres printed them. */
  readonly bytes: number
}

export function createChange(
  type: ChangeType,
  place: ChangePlace,
  now: Tuple | null,
  before: Tuple | null,
): Change {
  const { relation } = place
  const old = before === null ? null : keyOf(relation, before)
  const after = now === null ? null : filled(relation, now, old)
  return {
    ...place,
    type,
    now: after,
    // Postgres sends the old key only when it has changed
    before: type === 'INSERT' ? null : (old ?? keyOf(relation, now ?? [])),
    bytes: bytesOf(after) + bytesOf(old),
  }
}

type Values = Map<string, string | null>

/** With REPLICA IDENTITY FULL that is every column. */
function keyOf({ columns }: Relation, tuple: Tuple): Values {
  const values: Values = new Map()
  columns.forEach(({ name, isKey }, i) => {
    const value = tuple[i]
    if (isKey && value !== undefined) values.set(name, value)
  })
  return values
}

/** Unchanged large values are taken from the old row where it is known. */
function filled({ columns }: Relation, tuple: Tuple, old: Values | null): Values {
  const values: Values = new Map()
  columns.forEach(({ name }, i) => {
    const value = tuple[i] === undefined ? old?.get(name) : tuple[i]
    if (value !== undefined) values.set(name, value)
  })
  return values
}

function bytesOf(values: Values | null): number {
  let bytes = 0
  for (const value of values?.values() ?? []) bytes += value?.length ?? 4
  return bytes
}

/** Of values that are sent of a change that is too large. */
const maxKeptBytes = 64

/** How a value is written: `undefined` where that is not known yet. */
export type PrintValue = (table: TableFacts, column: string, text: string) => string

/** The message's `data` as JSON text. */
export function renderChange(
  change: Change,
  table: TableFacts,
  view: {
    readonly role: string
    readonly select: readonly string[] | null
    readonly isTooLarge: boolean
    readonly print: PrintValue
  },
): string {
  const { type, now, before, relation } = change
  const readable = table.readable.get(view.role) ?? new Set()
  const chosen = view.select === null ? null : new Set(view.select)
  const shown = table.columns.filter(
    ({ name, isKey }) => readable.has(name) && (chosen === null || isKey || chosen.has(name)),
  )
  const record = (values: ReadonlyMap<string, string | null>, onlyKey: boolean): string => {
    const fields: string[] = []
    for (const { name, isKey } of shown) {
      const value = values.get(name)
      if (value === undefined || (onlyKey && !isKey)) continue
      if (view.isTooLarge && (value?.length ?? 0) > maxKeptBytes) continue
      fields.push(
        `${JSON.stringify(name)}:${value === null ? 'null' : view.print(table, name, value)}`,
      )
    }
    return `{${fields.join(',')}}`
  }
  const columns = shown.map((column) => ({ name: column.name, type: column.type.name }))
  return [
    headOf(change),
    `"commit_timestamp":"${new Date(change.committedAtMs).toISOString()}"`,
    `"columns":${JSON.stringify(columns)}`,
    ...(now === null ? [] : [`"record":${record(now, false)}`]),
    // whether a row that is gone could be seen nobody can say: its key is all there is to know
    ...(before === null
      ? []
      : [`"old_record":${record(before, type === 'DELETE' && table.hasPolicies)}`]),
    `"errors":${view.isTooLarge ? '["Error 413: Payload Too Large"]' : 'null'}}`,
  ].join(',')

  function headOf({ type: action }: Change): string {
    const { schema, table: name } = relation
    return `{"schema":${JSON.stringify(schema)},"table":${JSON.stringify(name)},"type":"${action}"`
  }
}

/** What is sent of a change that cannot be shown. */
export function renderFault({ relation, type }: Change, fault: string): string {
  const { schema, table } = relation
  const data = { schema, table, type, commit_timestamp: null, columns: [], record: {} }
  return JSON.stringify({ ...data, errors: [fault] })
}

/** Why a change cannot be shown to a role at all; null when it can. A DELETE has its key in itself. */
export function faultOf({ type }: Change, table: TableFacts, role: string): string | null {
  if (type === 'DELETE') return null
  const keys = table.columns.filter(({ isKey }) => isKey)
  if (keys.length === 0) return 'Error 400: Bad Request, no primary key'
  const readable = table.readable.get(role)
  return keys.every(({ name }) => readable?.has(name) === true) ? null : 'Error 401: Unauthorized'
}
