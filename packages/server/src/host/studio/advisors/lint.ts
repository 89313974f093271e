/** What a look at a schema is, and what it finds. */

export type Level = 'ERROR' | 'WARN' | 'INFO'

export interface Lint {
  /** As Supabase's splinter calls it. */
  readonly name: string
  readonly level: Level
  readonly category: 'security' | 'performance'
  readonly title: string
  readonly description: string
  readonly remedy: string
  /** SQL of the catalog: rows of `Finding`; `$1` are the schemas of the API. */
  readonly query: string
}

export interface Finding {
  readonly schema: string | null
  readonly object: string
  /** What it is about, for people. */
  readonly detail: string
  /** Null where only people can decide. */
  readonly fix_sql: string | null
}

export interface Advice extends Omit<Lint, 'query'>, Finding {}

/** Schemas that are not the project's own. */
export const foreign = `('auth', 'storage', 'realtime', 'vault', 'extensions', 'graphql', 'graphql_public', 'pgsodium',
  'pgtle', 'cron', 'net', 'pgmq', 'pgmq_public', 'supabase_functions', 'supabase_migrations', 'basalt', 'basalt_rights',
  'information_schema', 'pgbouncer', 'tiger', 'tiger_data', 'topology', '_realtime', '_analytics')`

/** A relation, a function or another object that is not an extension's. */
export const isOwn = (catalog: string, oid: string): string =>
  `not exists (select from pg_depend own where own.classid = '${catalog}'::regclass and own.objid = ${oid} and own.deptype = 'e')`

/** Rows can be reached with the API's roles. */
export const isReachable = (privileges: string): string =>
  `exists (select from pg_roles r where r.rolname in ('anon', 'authenticated')
    and has_schema_privilege(r.oid, n.oid, 'USAGE') and has_table_privilege(r.oid, c.oid, '${privileges}'))`

export const isExposed = 'n.nspname = any ($1::text[])'

/** `"s"."t"`, quoted where that is needed. */
export const named = `format('%I.%I', n.nspname, c.relname)`
