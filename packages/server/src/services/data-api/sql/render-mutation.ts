/** The writing statement of a mutation. */
import type { Mutation } from '#services/data-api/plan'
import { quoteIdentifier } from '#base/sql'
import { renderName, renderQualified } from './render-field.ts'
import { renderLogic, renderNames, renderWhere } from './render-logic.ts'
import { renderPayload } from './render-payload.ts'
import type { Writer } from './writer.ts'

export function renderMutation(writer: Writer, mutation: Mutation): string {
  switch (mutation.kind) {
    case 'insert':
    case 'upsert':
      return renderInsert(writer, mutation)
    case 'update':
      return renderUpdate(writer, mutation)
    case 'delete':
      return `DELETE FROM ${renderName(mutation.relation)}${renderFilters(writer, mutation)}${renderReturning(mutation)}`
  }
}

function renderInsert(writer: Writer, mutation: Mutation): string {
  const { columns, relation } = mutation
  const names = columns.map((column) => column.name)
  const into = names.length === 0 ? '' : ` (${renderNames(names)})`
  const values = names.map((name) => `pgrst_body.${quoteIdentifier(name)}`).join(', ')
  const rows = renderPayload(writer, mutation.body ?? 0, columns, mutation.applyDefaults)
  return `INSERT INTO ${renderName(relation)}${into} SELECT ${values} FROM ${rows}${renderFilters(writer, mutation)}${renderConflict(mutation)}${renderReturning(mutation)}`
}

/** Counts the rows that were there already, so that the answer can be 200 instead of 201. */
const countUpdated =
  " WHERE set_config('pgrst.updated', (coalesce(nullif(current_setting('pgrst.updated', true), ''), '0')::int + 1)::text, true) IS NOT NULL"

function renderConflict({ conflict, columns }: Mutation): string {
  if (conflict === null) return ''
  const target = ` ON CONFLICT (${renderNames(conflict.columns)})`
  if (conflict.action === 'ignore' || columns.length === 0) return `${target} DO NOTHING`
  const set = columns.map(({ name }) => {
    const column = quoteIdentifier(name)
    return `${column} = EXCLUDED.${column}`
  })
  return `${target} DO UPDATE SET ${set.join(', ')}${countUpdated}`
}

function renderUpdate(writer: Writer, mutation: Mutation): string {
  const { columns, relation } = mutation
  if (columns.length === 0) {
    // nothing to set: no row is changed, and the answer has the right columns
    return `SELECT ${returnedColumns(mutation)} FROM ${renderName(relation)} WHERE false`
  }
  const set = columns.map(({ name }) => {
    const column = quoteIdentifier(name)
    return `${column} = pgrst_body.${column}`
  })
  const rows = renderPayload(writer, mutation.body ?? 0, columns, mutation.applyDefaults)
  return `UPDATE ${renderName(relation)} SET ${set.join(', ')} FROM ${rows}${renderFilters(writer, mutation)}${renderReturning(mutation)}`
}

function renderFilters(writer: Writer, { where }: Mutation): string {
  return renderWhere(where.map((node) => renderLogic(writer, node)))
}

function renderReturning(mutation: Mutation): string {
  return ` RETURNING ${returnedColumns(mutation)}`
}

function returnedColumns({ returning, relation }: Mutation): string {
  if (returning.length === 0) return '1'
  return returning.map((name) => renderQualified([relation.schema, relation.name], name)).join(', ')
}
