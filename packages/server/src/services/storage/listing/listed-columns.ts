/** What listings say of objects. */
import { verbatim } from '#base/sql'
import type { Fragment } from '#base/sql'

/** What a step of a look-up brings along, so that nothing is looked up twice. */
export const carried = verbatim('created_at, updated_at, last_accessed_at, metadata')

/** As an answer has it: of folders, which have no id, nothing. */
export function listedOf(alias: string): Fragment {
  const times = ['created_at', 'updated_at', 'last_accessed_at'].map(
    (column) =>
      `case when ${alias}.id is not null then to_char(${alias}.${column}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') end as ${column}`,
  )
  return verbatim(
    `${times.join(', ')}, case when ${alias}.id is not null then ${alias}.metadata end as metadata`,
  )
}
