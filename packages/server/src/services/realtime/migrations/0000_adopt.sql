-- A database that Realtime has migrated, up to a version before its newest that is known here (2026-07-09): brought to where the
-- next files go on. What Realtime made as a superuser gets the owner that its newest version gives it; what it would replace
-- goes, for the next files make it. Subscriptions are those of clients that are connected: Realtime itself empties them.

do $$
declare
  found record;
begin
  if to_regclass('realtime.schema_migrations') is null then
    return;
  end if;
  if (select max(version) < 20260709120000 from realtime.schema_migrations) is not true then
    return;
  end if;

  for found in
    select format('%s %s', case relkind when 'S' then 'sequence' when 'v' then 'view' else 'table' end, pg_class.oid::regclass) as what
    from pg_catalog.pg_class
    where relnamespace = 'realtime'::regnamespace and relkind in ('r', 'p', 'v', 'S')
      and relowner <> 'supabase_realtime_admin'::regrole
      -- those of columns go with their tables
      and not exists (
        select from pg_catalog.pg_depend
        where classid = 'pg_class'::regclass and objid = pg_class.oid and deptype in ('a', 'i') and relkind = 'S'
      )
    union all
    select format('%s %s', case prokind when 'p' then 'procedure' else 'function' end, oid::regprocedure)
    from pg_catalog.pg_proc
    where pronamespace = 'realtime'::regnamespace and proowner <> 'supabase_realtime_admin'::regrole
    union all
    select format('type %s', oid::regtype)
    from pg_catalog.pg_type
    where typnamespace = 'realtime'::regnamespace and typowner <> 'supabase_realtime_admin'::regrole
      and (typtype = 'e' or (typtype = 'c' and exists (
        select from pg_catalog.pg_class where pg_class.oid = typrelid and relkind = 'c')))
  loop
    begin
      execute format('alter %s owner to supabase_realtime_admin', found.what);
    exception when insufficient_privilege then
      raise exception using errcode = 'insufficient_privilege',
        message = format('the schema of Realtime is older than July 2026, and only a superuser may bring it up to date (%s)', found.what),
        hint = 'Start a newer Realtime on this database once, or give a superuser in --db-url.';
    end;
  end loop;

  set local role supabase_realtime_admin;
  for found in
    select oid::regprocedure as it
    from pg_catalog.pg_proc
    where pronamespace = 'realtime'::regnamespace and proname in (
      'apply_rls', 'list_changes', 'subscription_check_filters', 'is_visible_through_filters', 'check_equality_op',
      'build_prepared_statement_sql', 'quote_wal2json', 'cast')
  loop
    execute format('drop function %s cascade', found.it);
  end loop;
  truncate realtime.subscription;
  drop index if exists realtime.subscription_subscription_id_entity_filters_key,
    realtime.subscription_subscription_id_entity_filters_action_filter_key;
  for found in
    select label
    from unnest(array['in', 'like', 'ilike', 'is', 'match', 'imatch', 'isdistinct']) as label
  loop
    execute format('alter type realtime.equality_op add value if not exists %L', found.label);
  end loop;
  if not exists (
    select from pg_catalog.pg_attribute
    where attrelid = (select typrelid from pg_catalog.pg_type where oid = 'realtime.user_defined_filter'::regtype)
      and attname = 'negate' and not attisdropped
  ) then
    alter type realtime.user_defined_filter add attribute negate boolean cascade;
  end if;

  -- Before November 2024 messages had a number and, at first, no days. The policies are the project's, and stay.
  if to_regclass('realtime.messages') is not null and not exists (
    select from pg_catalog.pg_attribute
    where attrelid = to_regclass('realtime.messages') and attname = 'id' and atttypid = 'uuid'::regtype
  ) then
    create temporary table basalt_kept_policies on commit drop as
      select format('create policy %I on realtime.messages as %s for %s to %s%s%s', policyname, permissive, cmd,
        (select string_agg(case role when 'public' then 'public' else quote_ident(role) end, ', ') from unnest(roles) as role),
        ' using (' || qual || ')', ' with check (' || with_check || ')') as text
      from pg_catalog.pg_policies where schemaname = 'realtime' and tablename = 'messages';
    drop table realtime.messages;
    create table realtime.messages (
      topic text not null,
      extension text not null,
      payload jsonb,
      event text,
      private boolean default false,
      updated_at timestamp not null default now(),
      inserted_at timestamp not null default now(),
      id uuid not null default gen_random_uuid(),
      primary key (id, inserted_at)
    ) partition by range (inserted_at);
    for found in select text from basalt_kept_policies loop
      execute found.text;
    end loop;
  end if;
  reset role;
end $$;
