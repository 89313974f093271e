/** dataApi.readDatabaseSettings: what the database says of the configuration, in settings named `pgrst.…`. */
import { inDatabaseNames } from '#base/config'
import type { Database } from '#base/db'
import { quoteIdentifier, sql } from '#base/sql'
import type { Statement } from '#base/sql'

const session = { role: null, settings: [], readOnly: true } as const
/** Read when something has changed: a statement that another one took with it could not be run again here. */
const once = { prepare: false } as const

interface SettingRow {
  readonly name: string
  readonly value: string
}

/**
 * Settings of the connection's own role (of this database before those of all), then what `preConfig` set:
 * `{ db_schemas: 'api' }`. A setting of the database alone has no effect, as in PostgREST.
 */
export async function readDatabaseSettings(
  db: Database,
  preConfig: string | null,
): Promise<Readonly<Record<string, string>>> {
  const rows = await db.begin(
    session,
    async (transaction) => {
      if (preConfig === null) return transaction.rows<SettingRow>(listSettings())
      await transaction.run(callPreConfig(preConfig))
      const own = await transaction.rows<SettingRow>(listSettings())
      const set = await transaction.rows<SettingRow>(listCurrentSettings())
      return [...set, ...own]
    },
    once,
  )
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]))
}

function callPreConfig(routine: string): Statement {
  const name = 'dataApi.preConfig'
  return { name, text: `/* ${name} */ select ${qualifiedName(routine)}()`, values: [] }
}

/** The more specific last. */
function listSettings(): Statement {
  return sql`/* dataApi.listSettings */
select substr(split_part(c.setting, '=', 1), 7) as name, substr(c.setting, strpos(c.setting, '=') + 1) as value
from pg_db_role_setting s cross join unnest(s.setconfig) as c(setting)
where s.setrole = (select oid from pg_roles where rolname = current_user)
  and s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
  and c.setting like 'pgrst.%'
order by s.setdatabase <> 0`
}

/** pg_settings has no rows of custom settings that were only set in this transaction, so they are asked for by name. */
function listCurrentSettings(): Statement {
  return sql`/* dataApi.listCurrentSettings */
select n.name, current_setting('pgrst.' || n.name, true) as value
from unnest(${`{${inDatabaseNames.join(',')}}`}::text[]) as n(name)
where current_setting('pgrst.' || n.name, true) <> ''`
}

/** `api.check` → `"api"."check"` */
export function qualifiedName(routine: string): string {
  const dot = routine.indexOf('.')
  if (dot === -1) return quoteIdentifier(routine)
  return `${quoteIdentifier(routine.slice(0, dot))}.${quoteIdentifier(routine.slice(dot + 1))}`
}
