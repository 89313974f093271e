/** Values of a batch as JSON: those of types that are ours to print at once, the others by `to_jsonb` in Postgres. */
import { DatabaseError, ownSession } from '#base/db'
import type { Project } from '#base/service'
import { arrayLiteral, sql } from '#base/sql'
import type { Change, PrintValue } from './change.ts'
import { printerOf } from './json-value.ts'
import type { TableFacts } from './table-facts.ts'

/** Larger values of such types are not worth a second copy. */
const utf8 = new TextDecoder()

export async function printValues(
  project: Project,
  changes: readonly (readonly [Change, TableFacts])[],
): Promise<PrintValue> {
  const asked = new Map<string, { readonly type: string; readonly text: string }>()
  for (const [change, table] of changes)
    for (const { name, type, sqlType } of table.columns)
      for (const values of [change.now, change.before]) {
        const text = values?.get(name)
        if (typeof text === 'string' && printerOf(type) === null)
          asked.set(`${sqlType} ${text}`, { type: sqlType, text })
      }
  const answers = await ask(project, [...asked.values()])
  return (table, column, text) => {
    const facts = table.byName.get(column)
    if (facts === undefined) return 'null'
    const print = printerOf(facts.type)
    return print?.(text) ?? answers.get(`${facts.sqlType} ${text}`) ?? JSON.stringify(text)
  }
}

async function ask(
  { db }: Project,
  values: readonly { readonly type: string; readonly text: string }[],
): Promise<ReadonlyMap<string, string>> {
  if (values.length === 0) return new Map()
  try {
    const [result] = await db.transaction(
      ownSession,
      [
        sql`/* realtime.printValues */ select realtime.cast(value, type::regtype)::text
          from unnest(${arrayLiteral(values.map(({ text }) => text))}::text[],
            ${arrayLiteral(values.map(({ type }) => type))}::text[]) with ordinality as v (value, type, at) order by at`,
      ],
      { leaves: 'nothing', timeoutMs: 5_000 },
    )
    return new Map(
      values.map(({ type, text }, i) => {
        const cell = result?.rows[i]?.[0] ?? null
        return [`${type} ${text}`, cell === null ? 'null' : utf8.decode(cell)]
      }),
    )
  } catch (error) {
    // a type that is gone, or whose checks no longer let the value pass: its text is what we have
    if (error instanceof DatabaseError) return new Map()
    throw error
  }
}
