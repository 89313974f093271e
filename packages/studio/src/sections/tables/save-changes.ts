/** Changes of rows, all in one transaction or none. */
import { ApiError, call, projectPath } from '#studio/api'
import type { CellValue } from '#studio/data-grid'
import type { PendingRow } from './pending.ts'

export type NewRow = Readonly<Record<string, CellValue>>

export interface ChangeSet {
  readonly inserts?: readonly NewRow[]
  readonly updates?: readonly PendingRow[]
  readonly deletes?: readonly { readonly key: readonly (string | null)[] }[]
  /** Rows as they were, with the numbers they had. */
  readonly restore?: boolean
}

export type Row = Readonly<Record<string, string | null>>

export interface Conflict {
  readonly key: readonly (string | null)[]
  /** The row as it is now; null: it is gone. */
  readonly current: Row | null
}

export interface Saved {
  readonly inserted: readonly Row[]
  readonly updated: readonly Row[]
  readonly deleted: readonly Row[]
  /** A trigger kept them as they were. */
  readonly untouched: number
}

type List = readonly (readonly (string | null)[])[]

interface Answer {
  readonly columns: readonly string[]
  readonly inserted: List
  readonly updated: List
  readonly deleted: List
  readonly untouched: number
}

const named = (columns: readonly string[], row: readonly (string | null)[]): Row =>
  Object.fromEntries(columns.map((name, index) => [name, row[index] ?? null]))

const path = (ref: string, oid: number): string => projectPath(ref, `relations/${oid}/changes`)

/** @throws ApiError; of a conflict, see `conflictsIn` */
export async function saveChanges(ref: string, oid: number, changes: ChangeSet): Promise<Saved> {
  const answer = await call<Answer>('POST', path(ref, oid), { body: changes })
  const { columns } = answer
  const rows = (list: List): readonly Row[] => list.map((row) => named(columns, row))
  return {
    inserted: rows(answer.inserted),
    updated: rows(answer.updated),
    deleted: rows(answer.deleted),
    untouched: answer.untouched,
  }
}

/** The statements it would be, as text. */
export const previewChanges = async (
  ref: string,
  oid: number,
  changes: ChangeSet,
): Promise<readonly string[]> =>
  (
    await call<{ statements: readonly string[] }>('POST', path(ref, oid), {
      body: { ...changes, preview: true },
    })
  ).statements

/** Rows that somebody else changed in between; null: it failed for another reason. */
export function conflictsIn(error: unknown): readonly Conflict[] | null {
  if (!(error instanceof ApiError) || error.status !== 409) return null
  const { columns, conflicts } = error.body as {
    readonly columns?: readonly string[]
    readonly conflicts?: readonly {
      readonly key: readonly (string | null)[]
      readonly current: readonly (string | null)[] | null
    }[]
  }
  if (columns === undefined || conflicts === undefined) return null
  return conflicts.map(({ key, current }) => ({
    key,
    current: current === null ? null : named(columns, current),
  }))
}
