/** studio.readMatrix: for each table, role and command whether rows can be reached, and which policies say so. */
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'

/** Roles of requests, and those that policies name. */
export function readMatrix(schema: string): Statement {
  return sql`/* studio.readMatrix */
    with tables as (
      select c.oid, n.oid as nspoid, n.nspname, c.relname, c.relowner, c.relrowsecurity, c.relforcerowsecurity
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = ${schema} and c.relkind in ('r', 'p') order by c.relname limit 2000
    ), roles as (
      select r.oid, r.rolname, r.rolbypassrls or r.rolsuper as bypasses from pg_roles r
      where r.rolname in ('anon', 'authenticated', 'service_role')
        or r.oid in (select unnest(p.polroles) from pg_policy p join tables on tables.oid = p.polrelid)
      order by array_position(array['anon', 'authenticated', 'service_role'], r.rolname::text), r.rolname limit 50
    ), policies as (
      select p.polrelid, p.polname, p.polpermissive, p.polcmd, p.polroles,
        pg_get_expr(p.polqual, p.polrelid) as quals, pg_get_expr(p.polwithcheck, p.polrelid) as checks
      from pg_policy p join tables on tables.oid = p.polrelid
    ), cells as (
      select t.oid, r.rolname, command.word, command.at, t.relrowsecurity
          and not r.bypasses and (t.relforcerowsecurity or not pg_has_role(r.oid, t.relowner, 'USAGE')) as rls,
        case when not has_schema_privilege(r.oid, t.nspoid, 'USAGE') then 'none'
          when has_table_privilege(r.oid, t.oid, command.word) then 'table'
          when command.word <> 'DELETE' and has_any_column_privilege(r.oid, t.oid, replace(command.word, 'DELETE', 'SELECT')) then 'columns'
          else 'none' end as granted, found.*
      from tables t cross join roles r
      cross join (values ('SELECT', 'r', 1), ('INSERT', 'a', 2), ('UPDATE', 'w', 3), ('DELETE', 'd', 4)) command(word, letter, at)
      cross join lateral (
        select coalesce(json_agg(polname order by polname), '[]') as names,
          count(*) filter (where polpermissive and not denies) as permissive,
          count(*) filter (where polpermissive and admits) as admitting,
          count(*) filter (where not polpermissive and not admits) as narrowing,
          count(*) filter (where not polpermissive and denies) as denying
        from (select p.*,
            case command.letter when 'a' then coalesce(checks, quals) = 'true'
              when 'w' then quals = 'true' and coalesce(checks, quals) = 'true' else quals = 'true' end as admits,
            case command.letter when 'a' then coalesce(checks, quals) = 'false' else quals = 'false' end as denies
          from policies p where p.polrelid = t.oid and p.polcmd in ('*', command.letter::"char")
            and exists (select from unnest(p.polroles) o where o = 0 or pg_has_role(r.oid, o, 'USAGE'))) p
      ) found
    )
    select t.oid, t.nspname as schema, t.relname as name, t.relrowsecurity as rls_enabled,
      t.relforcerowsecurity as rls_forced,
      (select coalesce(json_agg(json_build_object('role', rolname, 'command', word, 'grant', granted, 'rls', rls,
          'policies', case when rls then names else '[]' end,
          'verdict', case when granted = 'none' then 'no grant' when not rls then 'all'
            when permissive = 0 or denying > 0 then 'none' when admitting > 0 and narrowing = 0 then 'all'
            else 'some' end) order by array_position(array['anon', 'authenticated', 'service_role'], rolname::text), rolname, at), '[]')
        from cells where cells.oid = t.oid) as cells
    from tables t order by t.relname`
}
