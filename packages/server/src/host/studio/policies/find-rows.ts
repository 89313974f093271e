/** The rows a question is about, read by who bypasses policies: those that are there, and those that would be. */
import { columnOf, qualified } from '#host/studio/catalog'
import type { Relation } from '#host/studio/catalog'
import {
  keyColumns,
  keyOf,
  readCells,
  renderCell,
  renderKey,
  renderOrder,
  termsOf,
  textRows,
} from '#host/studio/rows'
import type { Result, Transaction } from '#base/db'
import { fragment, identifier, join, sql, verbatim } from '#base/sql'
import type { Fragment } from '#base/sql'
import { policiesErrors } from './errors.ts'
import { undone } from './evaluate.ts'
import type { PolicyQuestion } from './question.ts'

export interface FoundRow {
  readonly key: readonly (string | null)[]
  /** By column, as Postgres prints it, cut. */
  readonly shown: Readonly<Record<string, string | null>>
  /** All of it, as Postgres prints a row. */
  readonly record: string
}

const row = '"studio row"'

const target = (relation: Relation): Fragment => verbatim(`${qualified(relation)} as ${row}`)

function cellsOf(relation: Relation): Fragment {
  return join(
    [verbatim(`${row}::text`), ...keyColumns(keyOf(relation)), ...relation.columns.map(renderCell)],
    ', ',
  )
}

function found(relation: Relation, result: Result): FoundRow[] {
  const keyLength = keyColumns(keyOf(relation)).length
  return textRows(result).map(([record, ...cells]) => {
    const [shown = []] = readCells([cells.slice(keyLength)], relation.columns).rows
    return {
      record: record ?? '',
      key: cells.slice(0, keyLength),
      shown: Object.fromEntries(relation.columns.map(({ name }, i) => [name, shown[i] ?? null])),
    }
  })
}

/** @throws studio_explain_invalid */
export async function readExisting(
  transaction: Transaction,
  relation: Relation,
  { key, limit = 20 }: PolicyQuestion,
): Promise<FoundRow[]> {
  const where = key === undefined ? verbatim('true') : renderKey(relation, key)
  const order = renderOrder(termsOf(relation, keyOf(relation)))
  const [result] = await transaction.run(sql`/* studio.readTried */
    select ${cellsOf(relation)} from ${target(relation)} where ${where} ${order} limit ${Math.min(limit, 200)}::int`)
  return found(relation, result as Result)
}

/** The row that an insert or update would leave, with its defaults and what triggers make of it; nothing of it stays. */
export async function readNew(
  transaction: Transaction,
  relation: Relation,
  question: PolicyQuestion,
): Promise<FoundRow | null> {
  const statement = renderWrite(relation, question)
  if (statement === null) return null
  const { value, error } = await undone(transaction, () =>
    transaction.run(sql`/* studio.readNewRow */ ${statement} returning ${cellsOf(relation)}`),
  )
  if (error !== null)
    throw policiesErrors.studio_explain_invalid({
      reason: `the row cannot be written by anybody: ${error.message} (SQLSTATE ${error.code})`,
    })
  return found(relation, (value as readonly Result[])[0] as Result)[0] ?? null
}

/** The statement itself; null where the question does not say what is new. */
export function renderWrite(relation: Relation, question: PolicyQuestion): Fragment | null {
  const { operation, key, row: values } = question
  const into = target(relation)
  const where = key === undefined ? null : renderKey(relation, key)
  if (operation === 'delete')
    return where === null ? null : fragment`delete from ${into} where ${where}`
  const given = Object.entries(values ?? {})
  const names = given.map(([name]) => identifier(columnOf(relation, name).name))
  const texts = given.map(([, value]) => fragment`${value}`)
  if (operation === 'insert')
    return given.length === 0
      ? fragment`insert into ${into} default values`
      : fragment`insert into ${into} (${join(names, ', ')}) values (${join(texts, ', ')})`
  if (operation !== 'update' || given.length === 0 || where === null) return null
  const set = names.map((name, i) => fragment`${name} = ${texts[i] as Fragment}`)
  return fragment`update ${into} set ${join(set, ', ')} where ${where}`
}
