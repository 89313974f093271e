/** What operators ask of a project's database: SQL, its tables, its policies, whether it answers. */
import type { ProjectRecord } from '#host/control-plane/core'
import { decodeRows } from '#base/db'
import { PlatformError } from '#base/kernel'
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'
import { beginAs } from './begin-as.ts'
import type { ProjectDatabase } from './project-database.ts'
import type { ProjectDatabases } from './project-databases.ts'
import { stopLate } from './stop-late.ts'

export interface SqlAnswer {
  readonly columns: readonly string[]
  readonly rows: readonly object[]
  /** Not all rows are there: at most 1000, or about 4 MiB. */
  readonly truncated: boolean
  /** `SELECT`, `UPDATE`, …; null where rows are left, or nothing was done. */
  readonly command: string | null
  readonly rowCount: number
}

export interface Probe {
  readonly reachable: boolean
  readonly ms?: number
  readonly reason?: string
}

export interface Inspector {
  /** One statement in a transaction. @throws control_sql_failed, control_sql_superuser, control_busy */
  sql(record: ProjectRecord, text: string, readOnly: boolean): Promise<SqlAnswer>
  tables(record: ProjectRecord): Promise<object[]>
  policies(record: ProjectRecord): Promise<object[]>
  probe(record: ProjectRecord): Promise<Probe>
}

const maxRows = 1000
const maxListed = 2000
const maxBytes = 4 * 1024 * 1024
const maxRowBytes = 1024 * 1024
const probeMs = 3_000
const longestMs = 35_000

export function createInspector(databases: ProjectDatabases, maxMs = longestMs): Inspector {
  return {
    sql: (record, text, readOnly) => runSql(databases.of(record, readOnly), text, maxMs),
    tables: (record) => readOwn(databases.of(record, true), readTables),
    policies: (record) => readOwn(databases.of(record, true), readPolicies),
    probe: async (record) => {
      const started = performance.now()
      try {
        await databases.of(record, true).probe(probeMs)
        return { reachable: true, ms: Math.round((performance.now() - started) * 10) / 10 }
      } catch (error) {
        if (error instanceof PlatformError && error.code === 'control_busy') throw error
        return { reachable: false, reason: error instanceof Error ? error.message : 'unknown' }
      }
    },
  }
}

/** Several statements are none of the protocol's: what would end the transaction is all there is in it. */
function runSql(database: ProjectDatabase, text: string, maxMs: number): Promise<SqlAnswer> {
  const statement = { name: 'control.operatorSql', text, values: [] }
  return database.alone(
    {},
    () => {},
    async ({ session, as }) => {
      await beginAs(session, as)
      const limits = { maxRows, maxBytes, maxRowBytes }
      const result = await stopLate(session, maxMs, () => session.firstRows(statement, limits))
      await session.script('control.commit', 'commit')
      return {
        columns: result.fields.map(({ name }) => name),
        rows: decodeRows<object>(result),
        truncated: result.hasMore === true,
        command: result.command === '' ? null : result.command,
        rowCount: result.rowCount,
      }
    },
  )
}

/** Names and texts are the project's: of each no more than the API says, of all no more than of any SQL. */
function readOwn(database: ProjectDatabase, statement: Statement): Promise<object[]> {
  return database.catalog(async (transaction) =>
    decodeRows<object>(await transaction.firstRows(statement, maxListed, maxBytes)),
  )
}

const readTables = sql`/* control.readTables */
  select nspname as schema, relname as name, relrowsecurity as rls_enabled,
    relforcerowsecurity as rls_forced, greatest(reltuples, 0)::bigint as estimated_rows,
    pg_total_relation_size(pg_class.oid) as bytes, left(obj_description(pg_class.oid, 'pg_class'), 10000) as comment,
    (select coalesce(json_agg(json_build_object(
        'name', attname, 'type', format_type(atttypid, atttypmod), 'nullable', not attnotnull
      ) order by attnum), '[]') from pg_attribute
      where attrelid = pg_class.oid and attnum > 0 and not attisdropped) as columns
  from pg_class join pg_namespace on pg_namespace.oid = relnamespace
  where relkind in ('r', 'p') and nspname !~ '^pg_' and nspname not in ('information_schema', 'basalt')
  order by 1, 2`

const readPolicies = sql`/* control.readPolicies */
  select schemaname as schema, tablename as table, policyname as name, permissive, to_json(roles) as roles,
    cmd as command, left(qual, 100000) as using, left(with_check, 100000) as "check"
  from pg_policies where schemaname not in ('basalt')
  order by 1, 2, 3`
