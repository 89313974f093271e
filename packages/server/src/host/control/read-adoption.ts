/** What is in a database that Supabase's own services have made: whose it is, how old, and how much. Changes nothing. */
import { systemSession } from '#base/db'
import type { Database, Transaction } from '#base/db'
import { identifier, sql } from '#base/sql'
import type { Requirement } from './requirements.ts'

export interface Adoption {
  readonly version: string
  readonly database: string
  readonly role: string
  /** The newest migration of GoTrue, `20240612123726`; null where it never ran. */
  readonly gotrue: string | null
  /** Rows of what is used as it is: `auth.users` → 12; tables that are not there are left out. */
  readonly counts: Readonly<Record<string, number>>
  /** Extensions whose real ones do here what stand-ins and our worker do elsewhere. */
  readonly extensions: readonly string[]
  /** What has to be mended first. */
  readonly blocks: readonly Requirement[]
}

const counted = [
  ['auth', 'users'],
  ['auth', 'identities'],
  ['auth', 'sessions'],
  ['auth', 'mfa_factors'],
  ['storage', 'buckets'],
  ['storage', 'objects'],
] as const

/** Reads it all in one transaction. Counts of tables that this role may not read are left out. */
export async function readAdoption(db: Database): Promise<Adoption> {
  return db.begin(systemSession, async (transaction) => {
    const [server] = await transaction.rows<{ version: string; database: string; role: string }>(
      sql`/* control.readServer */ select current_setting('server_version') as version,
        current_database()::text as database, current_user::text as role`,
    )
    const extensions = await transaction.rows<{ name: string }>(
      sql`/* control.readRealExtensions */ select extname::text as name from pg_extension
        where extname in ('pg_cron', 'pg_net', 'supabase_vault', 'vector', 'pgmq', 'pg_graphql', 'wrappers', 'postgis')
        order by 1`,
    )
    const counts: Record<string, number> = {}
    for (const [schema, table] of counted) {
      const rows = await countRows(transaction, schema, table)
      if (rows !== null) counts[`${schema}.${table}`] = rows
    }
    return {
      version: server?.version ?? '',
      database: server?.database ?? '',
      role: server?.role ?? '',
      gotrue: await readGotrue(transaction),
      counts,
      extensions: extensions.map(({ name }) => name),
      blocks: [...(await tooOld(transaction)), ...(await foreignOwners(transaction))],
    }
  })
}

async function mayRead(transaction: Transaction, relation: string): Promise<boolean> {
  const [row] = await transaction.rows<{ may: boolean | null }>(
    sql`/* control.mayRead */ select has_table_privilege(to_regclass(${relation})::oid, 'select') as may`,
  )
  return row?.may === true
}

async function countRows(
  transaction: Transaction,
  schema: string,
  table: string,
): Promise<number | null> {
  if (!(await mayRead(transaction, `${schema}.${table}`))) return null
  const [row] = await transaction.rows<{ count: number }>(
    sql`/* control.countRows */ select count(*)::int as count from ${identifier(schema)}.${identifier(table)}`,
  )
  return row?.count ?? null
}

async function readGotrue(transaction: Transaction): Promise<string | null> {
  if (!(await mayRead(transaction, 'auth.schema_migrations'))) return null
  const [row] = await transaction.rows<{ newest: string | null }>(
    sql`/* control.readGotrueVersion */ select max(version) as newest from auth.schema_migrations`,
  )
  return row?.newest ?? null
}

async function tooOld(transaction: Transaction): Promise<Requirement[]> {
  const [row] = await transaction.rows<{ isOld: boolean }>(
    sql`/* control.isTooOld */ select to_regclass('auth.identities') is not null and not exists (
        select from pg_attribute
        where attrelid = to_regclass('auth.identities') and attname = 'provider_id' and not attisdropped
      ) as "isOld"`,
  )
  if (row?.isOld !== true) return []
  return [
    {
      level: 'missing',
      message: 'the tables of auth are older than 2023-11-17 (GoTrue before 20231117164230)',
      remedy:
        'Start a newer Auth (supabase/gotrue of 2024 or later) on it once: it brings them up to date.',
    },
  ]
}

/** What a superuser made in another role's name: Auth, working as its own role, may not change it. */
async function foreignOwners(transaction: Transaction): Promise<Requirement[]> {
  const rows = await transaction.rows<{ kind: string; name: string; owner: string }>(
    sql`/* control.readForeignOwners */
      select case relkind when 'v' then 'view' when 'S' then 'sequence' else 'table' end as kind,
        pg_class.oid::regclass::text as name, relowner::regrole::text as owner
      from pg_class where relnamespace = to_regnamespace('auth') and relkind in ('r', 'p', 'v', 'S')
        and relowner <> to_regrole('supabase_auth_admin')::oid
      union all
      select 'function', pg_proc.oid::regprocedure::text, proowner::regrole::text
      from pg_proc where pronamespace = to_regnamespace('auth') and proname in ('uid', 'role', 'email', 'jwt')
        and proowner <> to_regrole('supabase_auth_admin')::oid
      union all
      select 'type', pg_type.oid::regtype::text, typowner::regrole::text
      from pg_type where typnamespace = to_regnamespace('auth') and typtype = 'e'
        and typowner <> to_regrole('supabase_auth_admin')::oid
      order by 1, 2 limit 100`,
  )
  return rows.map(({ kind, name, owner }) => ({
    level: 'missing',
    message: `${kind} ${name} belongs to ${owner}, not to supabase_auth_admin`,
    remedy: `alter ${kind} ${name} owner to supabase_auth_admin;`,
  }))
}
