/** What operators ask of a project's database: SQL, its tables, its policies, whether it answers. */
import type { ProjectRecord } from '#host/control-plane/core'
import { controlErrors } from '#host/control-plane/core'
import { ConnectionError, DatabaseError, RowTooLarge, decodeRows, systemSession } from '#base/db'
import { PlatformError } from '#base/kernel'
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'
import { inspectErrors } from './errors.ts'
import { withOwn, withProjectSession } from './project-session.ts'

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
/** Each holds connections of its project's, and what it reads; one project leaves room for others. */
const atOnce = 16
const atOnceOfOne = 3
const timeoutMs = 35_000

export function createInspector(resolveSecret: (text: string) => Promise<string>): Inspector {
  const running: string[] = []
  async function bounded<T>(record: ProjectRecord, work: (url: string) => Promise<T>): Promise<T> {
    const { ref } = record
    const own = running.filter((other) => other === ref)
    if (running.length >= atOnce || own.length >= atOnceOfOne) throw controlErrors.control_busy()
    running.push(ref)
    try {
      return await work(await resolveSecret(record.databaseUrl))
    } catch (error) {
      throw translate(error)
    } finally {
      running.splice(running.indexOf(ref), 1)
    }
  }
  return {
    sql: (record, text, readOnly) => bounded(record, (url) => runSql(record, url, text, readOnly)),
    tables: (record) => bounded(record, (url) => readOwn(url, readTables)),
    policies: (record) => bounded(record, (url) => readOwn(url, readPolicies)),
    probe: async (record) => {
      const started = performance.now()
      try {
        await bounded(record, (url) =>
          withOwn(url, (db) =>
            db.execute({ name: 'control.probe', text: 'select', values: [] }, { timeoutMs: 3_000 }),
          ),
        )
        return { reachable: true, ms: Math.round((performance.now() - started) * 10) / 10 }
      } catch (error) {
        if (error instanceof PlatformError && error.code === 'control_busy') throw error
        return { reachable: false, reason: error instanceof Error ? error.message : 'unknown' }
      }
    },
  }
}

/** Several statements are none of the protocol's: what would end the transaction is all there is in it. */
function runSql(
  record: ProjectRecord,
  url: string,
  text: string,
  readOnly: boolean,
): Promise<SqlAnswer> {
  return withProjectSession(record, url, readOnly, ({ db, session }) =>
    db.begin(
      { ...session, readOnly },
      async (transaction) => {
        const result = await transaction.firstRows(
          { name: 'control.operatorSql', text, values: [] },
          maxRows,
          maxBytes,
        )
        return {
          columns: result.fields.map(({ name }) => name),
          rows: decodeRows<object>(result),
          truncated: result.hasMore === true,
          command: result.command === '' ? null : result.command,
          rowCount: result.rowCount,
        }
      },
      { timeoutMs, prepare: false, maxRowBytes },
    ),
  )
}

function translate(error: unknown): unknown {
  if (error instanceof DatabaseError)
    return inspectErrors.control_sql_failed({ code: error.code, message: error.message }, error)
  if (error instanceof RowTooLarge) return inspectErrors.control_sql_too_large(undefined, error)
  if (error instanceof ConnectionError)
    return inspectErrors.control_project_database_away(undefined, error)
  return error
}

/** Names and texts are the project's: of each no more than the API says, of all no more than of any SQL. */
function readOwn(url: string, statement: Statement): Promise<object[]> {
  return withOwn(url, (db) =>
    db.begin(
      { ...systemSession, readOnly: true },
      async (transaction) =>
        decodeRows<object>(await transaction.firstRows(statement, maxListed, maxBytes)),
      { timeoutMs, maxRowBytes },
    ),
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
