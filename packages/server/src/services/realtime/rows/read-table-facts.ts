/**
 * Facts of tables, asked for each batch, so that no grant and no policy is older than the change it decides on. What has not
 * changed since the last time is known by its text, and not made again.
 */
import { systemSession } from '#base/db'
import type { Result, Session } from '#base/db'
import type { Project } from '#base/service'
import { arrayLiteral, sql } from '#base/sql'
import type { Statement } from '#base/sql'
import type { Expressions } from './expressions.ts'
import { factsOf } from './table-facts.ts'
import type { EnvironmentRow, TableFacts, TableRow } from './table-facts.ts'

/** Planned once for a connection: planning takes longer than asking, and gains nothing here. */
const factsSession: Session = {
  ...systemSession,
  settings: [...systemSession.settings, ['plan_cache_mode', 'force_generic_plan']],
}

interface Known {
  readonly text: string
  readonly facts: TableFacts
}

export class TableFactsReader {
  readonly #project: Project
  readonly #expressions: Expressions
  #known = new Map<number, Known>()
  #environment: { readonly text: string; readonly row: EnvironmentRow } | null = null
  #login: Promise<string> | null = null

  constructor(project: Project, expressions: Expressions) {
    this.#project = project
    this.#expressions = expressions
  }

  /** The same value for a table as the last time, while nothing about it has changed. */
  async read(
    oids: readonly number[],
    roles: readonly string[],
  ): Promise<ReadonlyMap<number, TableFacts>> {
    const login = await (this.#login ??= this.#readLogin())
    const [environment, tables] = await this.#project.db.transaction(
      factsSession,
      [environmentStatement(login, roles), tablesStatement(oids, roles)],
      { lane: 'read', leaves: 'nothing', timeoutMs: 10_000 },
    )
    this.#takeEnvironment(textOf(environment as Result, 0))
    const before = this.#known
    const rows = (tables as Result).rows.map((cells) => {
      const [oid, text] = cells.map((cell) => utf8.decode(cell ?? undefined))
      return { oid: Number(oid), text: text ?? '' }
    })
    const changed = rows.filter(({ oid, text }) => before.get(oid)?.text !== text)
    await this.#expressions.learn(changed.flatMap(({ text }) => policiesIn(text)))
    for (const { oid, text } of changed)
      this.#known.set(oid, { text, facts: this.#make(oid, text) })
    return new Map(rows.map(({ oid }) => [oid, (this.#known.get(oid) as Known).facts]))
  }

  #make(oid: number, text: string): TableFacts {
    const { row } = this.#environment as { readonly row: EnvironmentRow }
    return factsOf(oid, JSON.parse(text) as TableRow, row, (text) => this.#expressions.get(text))
  }

  #takeEnvironment(text: string): void {
    if (this.#environment?.text === text) return
    this.#environment = { text, row: JSON.parse(text) as EnvironmentRow }
    this.#known = new Map()
  }

  /** Who becomes the subscribers' roles. */
  async #readLogin(): Promise<string> {
    try {
      const [result] = await this.#project.apiDb.transaction(
        systemSession,
        [sql`/* realtime.login */ select session_user::text`],
        { lane: 'read', leaves: 'nothing' },
      )
      return textOf(result as Result, 0)
    } catch (error) {
      this.#login = null
      throw error
    }
  }
}

const utf8 = new TextDecoder()

function textOf(result: Result, column: number): string {
  return utf8.decode(result.rows[0]?.[column] ?? undefined)
}

function policiesIn(text: string): string[] {
  const { policies } = JSON.parse(text) as TableRow
  return (policies ?? []).flatMap(({ expression }) => expression ?? [])
}

/** With an empty search path `pg_get_expr` names what is not Postgres's own with its schema. */
function tablesStatement(oids: readonly number[], roles: readonly string[]): Statement {
  return sql`/* realtime.tableFacts */
    with asked as (select r.oid, r.rolname, r.rolbypassrls or r.rolsuper as is_above from pg_roles as r
      where r.rolname = any (${arrayLiteral(roles)}::name[]))
    select c.oid, json_build_object('has_policies', c.relrowsecurity,
      'columns', (select json_agg(json_build_object(
          'name', a.attname, 'type', t.typname, 'schema', tn.nspname, 'oid', t.oid::int8, 'kind', t.typtype,
          'base', t.typbasetype::int8, 'sql_type', format('%I.%I', tn.nspname, t.typname),
          'is_key', a.attnum = any (k.indkey), 'is_plain_text', coalesce(l.collisdeterministic, false),
          'element', case when t.typcategory = 'A' and t.typelem <> 0 then (
            select json_build_object('oid', e.oid::int8, 'name', e.typname, 'kind', e.typtype, 'base', e.typbasetype::int8)
            from pg_type as e where e.oid = t.typelem) end
        ) order by a.attnum)
        from pg_attribute as a
        join pg_type as t on t.oid = a.atttypid
        join pg_namespace as tn on tn.oid = t.typnamespace
        left join pg_collation as l on l.oid = a.attcollation
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
      'roles', (select json_agg(json_build_object('name', r.rolname,
          'sees_all', r.is_above or (not c.relforcerowsecurity and pg_has_role(r.oid, c.relowner, 'usage')),
          'uses_schema', has_schema_privilege(r.oid, c.relnamespace, 'usage'),
          'readable', (select json_agg(a.attname order by a.attnum) from pg_attribute as a
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
              and has_column_privilege(r.oid, c.oid, a.attnum, 'select'))) order by r.rolname)
        from asked as r),
      'policies', case when c.relrowsecurity then (select json_agg(json_build_object('permissive', p.polpermissive,
          'expression', pg_get_expr(p.polqual, p.polrelid),
          'roles', (select json_agg(r.rolname order by r.rolname) from asked as r
            where exists (select from unnest(p.polroles) as q (role)
              where q.role = 0 or pg_has_role(r.oid, q.role, 'usage')))) order by p.polname)
        from pg_policy as p where p.polrelid = c.oid and p.polcmd in ('r', '*')) end)::text
    from pg_class as c
    left join lateral (
      select i.indkey from pg_index as i where i.indrelid = c.oid and i.indisprimary offset 0) as k on true
    where c.oid = any (${arrayLiteral(oids.map(String))}::oid[])`
}

/** What policies stand on beside their table: the functions of `auth`, and settings that would change what those answer. */
function environmentStatement(login: string, roles: readonly string[]): Statement {
  return sql`/* realtime.policyEnvironment */
    with asked as (select r.oid, r.rolname from pg_roles as r where r.rolname = any (${arrayLiteral(roles)}::name[]))
    select json_build_object(
      'is_plain', getdatabaseencoding() = 'UTF8' and current_setting('row_security') = 'on'
        and not exists (select from pg_operator where oprname in ('->', '->>') and oprnamespace <> 'pg_catalog'::regnamespace)
        and concat(current_setting('request.jwt.claim', true), current_setting('request.jwt.claim.sub', true),
          current_setting('request.jwt.claim.role', true), current_setting('request.jwt.claim.email', true)) = '',
      'roles', (select json_agg(r.rolname order by r.rolname) from asked as r
        where case when current_setting('server_version_num')::int >= 160000 then pg_has_role(${login}::name, r.oid, 'set')
          else pg_has_role(${login}::name, r.oid, 'member') end),
      'functions', (select json_agg(json_build_object('name', f.proname, 'body', f.prosrc,
          'is_plain', l.lanname = 'sql' and not f.prosecdef and f.proconfig is null and not f.proretset
            and f.prorettype = case f.proname when 'uid' then 'uuid' when 'jwt' then 'jsonb' else 'text' end::regtype,
          'roles', (select json_agg(r.rolname order by r.rolname) from asked as r
            where has_function_privilege(r.oid, f.oid, 'execute'))) order by f.proname)
        from pg_proc as f
        join pg_namespace as n on n.oid = f.pronamespace
        join pg_language as l on l.oid = f.prolang
        where n.nspname = 'auth' and f.proname in ('uid', 'role', 'email', 'jwt') and f.pronargs = 0))::text`
}
