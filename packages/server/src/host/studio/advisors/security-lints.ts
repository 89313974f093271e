/** Who could reach what they should not. */
import { foreign, isExposed, isOwn, isReachable, named } from './lint.ts'
import type { Lint } from './lint.ts'

const security = { category: 'security' } as const
const relations = 'pg_class c join pg_namespace n on n.oid = c.relnamespace'
const enable = `format('alter table %I.%I enable row level security;', n.nspname, c.relname)`

const definer = (role: string): string => `
  select n.nspname as schema, p.proname as object,
    format('%s(%s) runs as %s, whoever calls it', p.proname, pg_get_function_identity_arguments(p.oid), o.rolname) as detail,
    format('revoke execute on function %I.%I(%s) from public, ${role};', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as fix_sql
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_roles o on o.oid = p.proowner
  where p.prosecdef and p.prokind = 'f' and ${isExposed} and ${isOwn('pg_proc', 'p.oid')}
    and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
    and has_function_privilege('${role}', p.oid, 'EXECUTE') order by 1, 2`

export const securityLints: readonly Lint[] = [
  {
    ...security,
    name: 'rls_disabled_in_public',
    level: 'ERROR',
    title: 'RLS is off on a table of the API',
    description: 'Whoever has the anon key reads and writes every row of it.',
    remedy: 'Turn row level security on, then write the policies that the application needs.',
    query: `select n.nspname as schema, c.relname as object, ${named} || ' is open to the roles of the API' as detail, ${enable} as fix_sql
      from ${relations} where c.relkind in ('r', 'p') and not c.relrowsecurity and ${isExposed}
        and ${isOwn('pg_class', 'c.oid')} and ${isReachable('SELECT, INSERT, UPDATE, DELETE')} order by 1, 2`,
  },
  {
    ...security,
    name: 'policy_exists_rls_disabled',
    level: 'ERROR',
    title: 'Policies that nobody asks',
    description: 'The table has policies, but its row level security is off: they have no effect.',
    remedy: 'Turn row level security on.',
    query: `select n.nspname as schema, c.relname as object,
        format('%s has the policies %s', ${named}, (select string_agg(quote_ident(polname), ', ' order by polname) from pg_policy where polrelid = c.oid)) as detail,
        ${enable} as fix_sql
      from ${relations} where c.relkind in ('r', 'p') and not c.relrowsecurity and n.nspname not in ${foreign}
        and exists (select from pg_policy where polrelid = c.oid) order by 1, 2`,
  },
  {
    ...security,
    name: 'rls_enabled_no_policy',
    level: 'INFO',
    title: 'RLS without a policy',
    description:
      'The roles of the API see no row and write none. For tables of the server alone that is right.',
    remedy: 'Write a policy, or revoke the grants so that it is plain that nobody is to reach it.',
    query: `select n.nspname as schema, c.relname as object, ${named} || ' has no policy' as detail, null as fix_sql
      from ${relations} where c.relkind in ('r', 'p') and not c.relispartition and c.relrowsecurity
        and n.nspname not in ${foreign} and n.nspname !~ '^pg_' and ${isOwn('pg_class', 'c.oid')}
        and not exists (select from pg_policy where polrelid = c.oid) order by 1, 2`,
  },
  {
    ...security,
    name: 'rls_policy_always_true',
    level: 'WARN',
    title: 'A policy lets everybody write',
    description: 'It is permissive and true for whatever row: RLS is on and hinders nobody.',
    remedy: 'Say in the policy whose rows they are, such as user_id = (select auth.uid()).',
    query: `select n.nspname as schema, c.relname as object,
        format('%I lets %s %s every row', p.polname, (select string_agg(coalesce(r.rolname, 'public'), ', ') from unnest(p.polroles) o left join pg_roles r on r.oid = o),
          case p.polcmd when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'write' end) as detail, null as fix_sql
      from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
      where p.polpermissive and p.polcmd in ('a', 'w', 'd', '*') and n.nspname not in ${foreign} and c.relrowsecurity
        and exists (select from unnest(p.polroles) o where o = 0 or o in (select oid from pg_roles where rolname in ('anon', 'authenticated')))
        and (pg_get_expr(p.polqual, p.polrelid) = 'true' or pg_get_expr(p.polwithcheck, p.polrelid) = 'true')
      order by 1, 2, p.polname`,
  },
  {
    ...security,
    name: 'rls_references_user_metadata',
    level: 'ERROR',
    title: 'A policy trusts what users write themselves',
    description:
      'user_metadata is theirs to change: whoever is refused gives himself what it asks for.',
    remedy: 'Keep it in app_metadata, which only the server writes, or in a table.',
    query: `select n.nspname as schema, c.relname as object, format('%I asks user_metadata', p.polname) as detail, null as fix_sql
      from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
      where n.nspname not in ${foreign}
        and concat(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) ~ '(auth\\.jwt\\(\\)|request\\.jwt\\.claim).*user_metadata'
      order by 1, 2, p.polname`,
  },
  {
    ...security,
    name: 'security_definer_view',
    level: 'ERROR',
    title: 'A view that asks no policy',
    description:
      'It reads its tables as its owner: whoever may read the view sees what policies would hide.',
    remedy: 'Make it security_invoker, then see that its readers may read its tables.',
    query: `select n.nspname as schema, c.relname as object, ${named} || ' reads as ' || o.rolname as detail,
        format('alter view %I.%I set (security_invoker = on);', n.nspname, c.relname) as fix_sql
      from ${relations} join pg_roles o on o.oid = c.relowner
      where c.relkind = 'v' and ${isExposed} and ${isOwn('pg_class', 'c.oid')} and ${isReachable('SELECT')}
        and not coalesce(lower(c.reloptions::text)::text[], '{}') && array['security_invoker=true', 'security_invoker=on', 'security_invoker=1', 'security_invoker=yes']
      order by 1, 2`,
  },
  {
    ...security,
    name: 'auth_users_exposed',
    level: 'ERROR',
    title: 'auth.users can be read',
    description: 'A view of the API shows addresses and the like of all users.',
    remedy: 'Keep what others may see in a table of its own, or revoke the grants on the view.',
    query: `select distinct n.nspname as schema, c.relname as object, ${named} || ' reads auth.users' as detail,
        format('revoke all on %I.%I from anon, authenticated;', n.nspname, c.relname) as fix_sql
      from ${relations} join pg_rewrite w on w.ev_class = c.oid
        join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass
          and d.refobjid = to_regclass('auth.users')
      where c.relkind in ('v', 'm') and ${isExposed} and ${isReachable('SELECT')} order by 1, 2`,
  },
  {
    ...security,
    name: 'materialized_view_in_api',
    level: 'WARN',
    title: 'A materialized view in the API',
    description: 'It has no row level security: all that it holds is read by whoever may read it.',
    remedy: 'Revoke the grants, or move it to a schema that the API does not serve.',
    query: `select n.nspname as schema, c.relname as object, ${named} || ' is open to the roles of the API' as detail,
        format('revoke all on %I.%I from anon, authenticated;', n.nspname, c.relname) as fix_sql
      from ${relations} where c.relkind = 'm' and ${isExposed} and ${isOwn('pg_class', 'c.oid')} and ${isReachable('SELECT')} order by 1, 2`,
  },
  {
    ...security,
    name: 'foreign_table_in_api',
    level: 'WARN',
    title: 'A foreign table in the API',
    description: 'It has no row level security, and each request goes to another server.',
    remedy: 'Revoke the grants, or move it to a schema that the API does not serve.',
    query: `select n.nspname as schema, c.relname as object, ${named} || ' is open to the roles of the API' as detail,
        format('revoke all on %I.%I from anon, authenticated;', n.nspname, c.relname) as fix_sql
      from ${relations} where c.relkind = 'f' and ${isExposed} and ${isReachable('SELECT')} order by 1, 2`,
  },
  {
    ...security,
    name: 'anon_security_definer_function_executable',
    level: 'WARN',
    title: 'Anybody runs a function as its owner',
    description:
      'It is SECURITY DEFINER, in a schema of the API, and anon may call it: no policy holds in it.',
    remedy: 'Revoke EXECUTE, make it SECURITY INVOKER, or check in it who asks.',
    query: definer('anon'),
  },
  {
    ...security,
    name: 'authenticated_security_definer_function_executable',
    level: 'WARN',
    title: 'Every user runs a function as its owner',
    description:
      'It is SECURITY DEFINER, in a schema of the API, and authenticated may call it: no policy holds in it.',
    remedy: 'Revoke EXECUTE, make it SECURITY INVOKER, or check in it who asks.',
    query: definer('authenticated'),
  },
  {
    ...security,
    name: 'function_search_path_mutable',
    level: 'WARN',
    title: 'A function without a search path of its own',
    description:
      'Names in it are looked up where its caller says: in one that runs as its owner, whoever calls it may put his own in their place.',
    remedy: 'Set its search path to nothing and write names in full.',
    query: `select n.nspname as schema, p.proname as object,
        format('%s(%s) looks names up in the search path of its caller', p.proname, pg_get_function_identity_arguments(p.oid)) as detail,
        format('alter %s %I.%I(%s) set search_path = '''';', case p.prokind when 'p' then 'procedure' else 'function' end, n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as fix_sql
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
      where n.nspname not in ${foreign} and n.nspname !~ '^pg_' and ${isOwn('pg_proc', 'p.oid')} and p.prokind in ('f', 'p')
        and l.lanname not in ('c', 'internal')
        and not exists (select from unnest(p.proconfig) s where s like 'search_path=%') order by 1, 2`,
  },
  {
    ...security,
    name: 'extension_in_public',
    level: 'WARN',
    title: 'An extension in public',
    description:
      'Its functions are in the API, and its names stand beside those of the application.',
    remedy: 'Move it to the schema extensions.',
    query: `select n.nspname as schema, e.extname as object, e.extname || ' is in the schema public' as detail,
        case when e.extrelocatable then format('alter extension %I set schema extensions;', e.extname) end as fix_sql
      from pg_extension e join pg_namespace n on n.oid = e.extnamespace where n.nspname = 'public' order by 2`,
  },
  {
    ...security,
    name: 'sensitive_columns_exposed',
    level: 'ERROR',
    title: 'What looks secret is open',
    description:
      'A table of the API without row level security has columns with names like password or token.',
    remedy: 'Turn row level security on, or revoke SELECT on these columns.',
    query: `select n.nspname as schema, c.relname as object,
        format('%s: %s', ${named}, string_agg(a.attname, ', ' order by a.attnum)) as detail, ${enable} as fix_sql
      from ${relations} join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relkind in ('r', 'p') and not c.relrowsecurity and ${isExposed} and ${isReachable('SELECT')}
        and a.attname ~* '(^|_)(password|passwd|pwd|secret|token|api_?key|private_?key|ssn|social_security|credit_?card|card_number|cvv|iban|passport)(_|$)'
      group by n.nspname, c.relname order by 1, 2`,
  },
  {
    ...security,
    name: 'insecure_queue_exposed_in_api',
    level: 'ERROR',
    title: 'A queue of the API without RLS',
    description: 'pgmq_public is served by the API: whoever has the anon key reads and empties it.',
    remedy: 'Turn row level security on for its table.',
    query: `select n.nspname as schema, c.relname as object, ${named} || ' has no row level security' as detail, ${enable} as fix_sql
      from ${relations} where n.nspname = 'pgmq' and c.relname ~ '^q_' and c.relkind in ('r', 'p') and not c.relrowsecurity
        and 'pgmq_public' = any ($1::text[]) order by 1, 2`,
  },
]
