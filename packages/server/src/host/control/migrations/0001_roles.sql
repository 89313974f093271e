-- The roles a Supabase application and its SQL rely on, their memberships and settings.
-- Roles belong to the cluster: another database, or another project, may have made them already.
-- What only a superuser may do is tried, and skipped with a NOTICE where it is refused.

do $$
declare
  role record;
begin
  for role in
    select *
    from (values
      ('anon', 'nologin inherit'),
      ('authenticated', 'nologin inherit'),
      ('service_role', 'nologin inherit'),
      ('authenticator', 'login noinherit'),
      ('supabase_admin', 'nologin'),
      ('postgres', 'login createdb createrole'),
      ('supabase_auth_admin', 'login noinherit createrole'),
      ('supabase_storage_admin', 'login noinherit createrole'),
      ('supabase_functions_admin', 'login noinherit createrole'),
      ('supabase_realtime_admin', 'nologin noinherit'),
      ('supabase_replication_admin', 'login'),
      ('supabase_read_only_user', 'login'),
      ('dashboard_user', 'nologin createdb createrole'),
      ('pgbouncer', 'login')
    ) as wanted (name, attributes)
    where not exists (select from pg_catalog.pg_roles where rolname = name)
  loop
    begin
      execute format('create role %I %s', role.name, role.attributes);
    exception
      -- made by another database at this very moment
      when duplicate_object or unique_violation then null;
      -- a role that may not hand on an attribute (CREATEDB) makes the role without
      when insufficient_privilege then
        execute format('create role %I %s', role.name,
          case when role.attributes like 'nologin%' then 'nologin' else 'login' end);
        raise notice 'role %: created without "%" (%)', role.name, role.attributes, sqlerrm;
    end;
  end loop;
end $$;

-- Attributes that are a superuser's to give. service_role without BYPASSRLS does not see past policies.
do $$
declare
  statement text;
begin
  for statement in
    select format('alter role %I bypassrls', rolname)
    from pg_catalog.pg_roles
    where rolname in ('service_role', 'postgres', 'supabase_read_only_user')
      and not rolbypassrls and not rolsuper
    union all
    select format('alter role %I replication', rolname)
    from pg_catalog.pg_roles
    where rolname in ('postgres', 'supabase_replication_admin', 'dashboard_user')
      and not rolreplication and not rolsuper
    union all
    select format('alter role %I createdb createrole', rolname)
    from pg_catalog.pg_roles
    where rolname in ('postgres', 'dashboard_user')
      and not (rolcreatedb and rolcreaterole) and not rolsuper
  loop
    begin
      execute statement;
    exception when others then
      raise notice 'skipped: % (%)', statement, sqlerrm;
    end;
  end loop;
end $$;

-- Who connects must be able to become the roles of requests and services.
do $$
declare
  role text;
  -- until Postgres 16 every member of a role could become it
  kind text := case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end;
begin
  foreach role in array array[
    'anon', 'authenticated', 'service_role', 'authenticator', 'postgres',
    'supabase_auth_admin', 'supabase_storage_admin', 'supabase_functions_admin', 'supabase_realtime_admin'
  ] loop
    continue when pg_catalog.pg_has_role(current_user, role::name, kind);
    begin
      execute format('grant %I to current_user', role);
    exception when others then
      -- `postgres` is the administrator of many a managed cluster: nobody's to grant, and nothing here needs it
      if role <> 'postgres' then
        raise;
      end if;
      raise notice 'skipped: grant % to % (%)', role, current_user, sqlerrm;
    end;
  end loop;
end $$;

-- Memberships.
do $$
declare
  statement text;
begin
  for statement in
    select format('grant %I to %I', granted.rolname, member.rolname)
    from (values
      ('anon', 'authenticator'),
      ('authenticated', 'authenticator'),
      ('service_role', 'authenticator'),
      ('authenticator', 'supabase_storage_admin'),
      ('anon', 'postgres'),
      ('authenticated', 'postgres'),
      ('service_role', 'postgres'),
      ('supabase_auth_admin', 'postgres'),
      ('supabase_storage_admin', 'postgres'),
      ('supabase_functions_admin', 'postgres'),
      ('pg_monitor', 'postgres'),
      ('pg_read_all_data', 'postgres'),
      ('pg_signal_backend', 'postgres'),
      ('pg_read_all_data', 'supabase_read_only_user')
    ) as wanted (role, member)
    join pg_catalog.pg_roles as granted on granted.rolname = wanted.role
    join pg_catalog.pg_roles as member on member.rolname = wanted.member
    -- a superuser is a member of everything already
    where not pg_catalog.pg_has_role(member.oid, granted.oid, 'member')
  loop
    begin
      execute statement;
    exception when others then
      raise notice 'skipped: % (%)', statement, sqlerrm;
    end;
  end loop;
end $$;

-- Settings of roles, unless somebody chose others. They hold from the next connection of the role;
-- for requests the data API reads them and applies them itself.
do $$
declare
  statement text;
begin
  for statement in
    select format('alter role %I set %I = %s', role, name, value)
    from (values
      ('anon', 'statement_timeout', '''3s'''),
      ('authenticated', 'statement_timeout', '''8s'''),
      ('authenticator', 'statement_timeout', '''8s'''),
      ('authenticator', 'lock_timeout', '''8s'''),
      ('supabase_auth_admin', 'search_path', 'auth'),
      ('supabase_auth_admin', 'idle_in_transaction_session_timeout', '''60s'''),
      ('supabase_storage_admin', 'search_path', 'storage'),
      ('supabase_functions_admin', 'search_path', 'supabase_functions'),
      ('postgres', 'search_path', '"$user", public, extensions'),
      ('supabase_admin', 'search_path', '"$user", public, auth, extensions')
    ) as wanted (role, name, value)
    join pg_catalog.pg_roles on rolname = role
    -- a superuser called postgres is not Supabase's role of that name
    where not (rolname = 'postgres' and rolsuper)
      and not exists (
        select
        from pg_catalog.pg_db_role_setting as setting, unnest(setting.setconfig) as item
        where setting.setrole = pg_roles.oid and setting.setdatabase = 0 and item like wanted.name || '=%'
      )
  loop
    begin
      execute statement;
    exception when others then
      raise notice 'skipped: % (%)', statement, sqlerrm;
    end;
  end loop;
end $$;

-- Unqualified uuid_generate_v4() and crypt() resolve for whoever connects.
do $$
begin
  execute format('alter database %I set search_path = "$user", public, extensions', current_database());
exception when others then
  raise notice 'skipped: search_path of database % (%)', current_database(), sqlerrm;
end $$;
