/** Asks a given Postgres (`--db-url`) whether this platform can live on it; changes nothing. */
import { systemSession } from '#base/db'
import type { Database } from '#base/db'
import { sql } from '#base/sql'

export interface Requirement {
  /** `missing` stops the start, `warning` is a feature that will not work. */
  readonly level: 'missing' | 'warning'
  /** What is wrong, naming the role and the database. */
  readonly message: string
  /** The SQL or setting that mends it. */
  readonly remedy: string
}

interface Facts {
  readonly version: string
  readonly versionNumber: number
  readonly database: string
  readonly role: string
  readonly superuser: boolean
  readonly createRole: boolean
  readonly createOnDatabase: boolean
  readonly createOnPublic: boolean
  readonly walLevel: string
  readonly inRecovery: boolean
  /** Roles of ours that exist and that this role cannot become. */
  readonly foreignRoles: readonly string[] | null
  readonly missingRoles: readonly string[] | null
  readonly bypassRls: boolean | null
  /** What it may not set of the parameters that dumps and migrations set; null when it is all. */
  readonly forbiddenParameters: readonly string[] | null
  /** Supabase's own mechanism gives `postgres` what Postgres keeps for superusers. */
  readonly isSupabase: boolean
  /** Schemas of ours that exist and that those who fill them may not create in. */
  readonly foreignSchemas: readonly string[] | null
}

/** Everything that is missing, at once; empty when all is well. Warnings come last. */
export async function checkRequirements(db: Database): Promise<readonly Requirement[]> {
  const facts = await readFacts(db)
  return [...missing(facts), ...warnings(facts)]
}

/** Postgres 16 separated being a member of a role from being allowed to become it. */
async function readFacts(db: Database): Promise<Facts> {
  const rows = await db.begin(systemSession, async (transaction) => {
    const [version] = await transaction.rows<{ number: number }>(
      sql`/* control.readVersion */ select current_setting('server_version_num')::int as number`,
    )
    const membership = (version?.number ?? 0) >= 160000 ? 'set' : 'member'
    return transaction.rows<Facts>(readRequirements(membership))
  })
  return rows[0] as Facts
}

const readRequirements = (membership: string) => sql`/* control.readRequirements */
  with wanted (name) as (
    select unnest(array[
      'anon', 'authenticated', 'service_role', 'authenticator',
      'supabase_auth_admin', 'supabase_storage_admin', 'supabase_functions_admin', 'supabase_realtime_admin'
    ])
  )
  select
    current_setting('server_version') as version,
    current_setting('server_version_num')::int as "versionNumber",
    current_database()::text as database,
    current_user::text as role,
    me.rolsuper as superuser,
    me.rolcreaterole as "createRole",
    has_database_privilege(current_database(), 'create') as "createOnDatabase",
    coalesce(
      (select has_schema_privilege(oid, 'create') from pg_namespace where nspname = 'public'),
      true
    ) as "createOnPublic",
    current_setting('wal_level') as "walLevel",
    pg_is_in_recovery() as "inRecovery",
    (select array_agg(name order by name) from wanted join pg_roles on rolname = name
      where not pg_has_role(me.oid, pg_roles.oid, ${membership})) as "foreignRoles",
    -- basalt_functions only logs in: nobody has to become it
    (select array_agg(name order by name) from (select name from wanted union all select 'basalt_functions') made
      where not exists (select from pg_roles where rolname = name)) as "missingRoles",
    (select rolbypassrls or rolsuper from pg_roles where rolname = 'service_role') as "bypassRls",
    current_setting('supautils.privileged_role', true) is not null as "isSupabase",
    (select array_agg(name order by name)
      from unnest(array['session_replication_role', 'log_min_messages', 'track_io_timing', 'pgrst.db_pre_request']) as name
      where not has_parameter_privilege(name, 'set')) as "forbiddenParameters",
    (select array_agg(nspname::text order by nspname) from pg_namespace
      where nspname in ('auth', 'storage', 'extensions')
        and not exists (
          select from pg_roles
          where has_schema_privilege(pg_roles.oid, pg_namespace.oid, 'create')
            and rolname = case nspname
              when 'auth' then 'supabase_auth_admin'
              when 'storage' then 'supabase_storage_admin'
              else current_user
            end
        )) as "foreignSchemas"
  from pg_roles as me
  where me.rolname = current_user`

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

function missing(facts: Facts): Requirement[] {
  const role = quoted(facts.role)
  const found: [boolean, string, string][] = [
    [
      facts.versionNumber < 150000,
      `Postgres ${facts.version} is too old: 15 or newer is needed`,
      'Upgrade the server, or give another --db-url.',
    ],
    [
      facts.inRecovery,
      `database "${facts.database}" is a read-only replica`,
      'Give the --db-url of the primary.',
    ],
    [
      !facts.superuser && !facts.createRole && facts.missingRoles !== null,
      `role ${role} may not create roles, and these are missing: ${(facts.missingRoles ?? []).join(', ')}`,
      `alter role ${role} createrole;`,
    ],
    [
      facts.foreignRoles !== null && !canGrantAnyRole(facts),
      `role ${role} cannot become: ${(facts.foreignRoles ?? []).join(', ')}`,
      `grant ${(facts.foreignRoles ?? []).map(quoted).join(', ')} to ${role};`,
    ],
    [
      !facts.createOnDatabase,
      `role ${role} may not create schemas in database "${facts.database}"`,
      `grant create on database ${quoted(facts.database)} to ${role};`,
    ],
    [
      !facts.createOnPublic,
      `role ${role} may not create tables in schema "public"`,
      `grant all on schema public to ${role} with grant option;`,
    ],
    [
      facts.foreignSchemas !== null,
      `these schemas exist already and belong to somebody else: ${(facts.foreignSchemas ?? []).join(', ')}`,
      (facts.foreignSchemas ?? [])
        .map((schema) => `grant usage, create on schema ${schema} to ${schemaUser(schema, facts)};`)
        .join(' '),
    ],
  ]
  return found
    .filter(([applies]) => applies)
    .map(([, message, remedy]) => ({ level: 'missing', message, remedy }))
}

function schemaUser(schema: string, facts: Facts): string {
  return schema === 'extensions' ? quoted(facts.role) : `supabase_${schema}_admin`
}

/** Until Postgres 16, CREATEROLE was enough to grant any role to anybody, oneself included. */
function canGrantAnyRole(facts: Facts): boolean {
  return facts.superuser || (facts.createRole && facts.versionNumber < 160000)
}

function warnings(facts: Facts): Requirement[] {
  const found: [boolean, string, string][] = [
    [
      facts.walLevel !== 'logical',
      `wal_level is "${facts.walLevel}": Realtime's postgres_changes will not work`,
      "alter system set wal_level = 'logical'; then restart Postgres (managed: enable logical replication).",
    ],
    [
      !facts.superuser && facts.bypassRls !== true,
      'service_role will not bypass row level security: only a superuser can give it that',
      'alter role service_role bypassrls; -- as a superuser, after the first start',
    ],
    [
      !facts.superuser,
      'without a superuser there are no event triggers: after DDL, tell the API yourself',
      "notify pgrst, 'reload schema';",
    ],
    [
      !facts.superuser && !facts.isSupabase,
      'without a superuser migrations cannot make event triggers, foreign data wrappers, publications for all tables or for schemas, and extensions that are not trusted',
      'Let a superuser make them before the first start, or leave them out of the migrations.',
    ],
    [
      !facts.superuser && !facts.isSupabase && facts.forbiddenParameters !== null,
      `role ${quoted(facts.role)} may not set what dumps and migrations set: ${(facts.forbiddenParameters ?? []).join(', ')}`,
      `grant set on parameter ${(facts.forbiddenParameters ?? []).join(', ')} to ${quoted(facts.role)}; -- as a superuser`,
    ],
  ]
  return found
    .filter(([applies]) => applies)
    .map(([, message, remedy]) => ({ level: 'warning', message, remedy }))
}
