-- Schemas with their owners, privileges on them, and what objects made later in `public` grant by default.

create schema if not exists public;
create schema if not exists extensions;
create schema if not exists graphql;
create schema if not exists graphql_public;
create schema if not exists realtime;

do $$
declare
  owned record;
begin
  for owned in
    select *
    from (values ('auth', 'supabase_auth_admin'), ('storage', 'supabase_storage_admin')) as wanted (schema, owner)
    where not exists (select from pg_catalog.pg_namespace where nspname = schema)
  loop
    execute format('create schema %I authorization %I', owned.schema, owned.owner);
  end loop;
end $$;

grant usage on schema public, extensions, graphql_public, realtime to postgres, anon, authenticated, service_role;

do $$
declare
  statement text;
begin
  foreach statement in array array[
    'grant create on schema public to postgres',
    'grant all on schema extensions to postgres with grant option',
    'grant all on schema extensions to dashboard_user',
    'grant all on schema realtime to supabase_realtime_admin',
    format('grant all on database %I to postgres', current_database()),
    format('grant all on database %I to dashboard_user', current_database()),
    -- services make their own objects, and publications need the right on the database
    format('grant create on database %I to supabase_auth_admin, supabase_storage_admin', current_database())
  ] loop
    begin
      execute statement;
    exception when others then
      raise notice 'skipped: % (%)', statement, sqlerrm;
    end;
  end loop;
end $$;

-- As their owner: a schema that was there before may not be ours to grant on.
set local role supabase_auth_admin;
grant usage on schema auth to anon, authenticated, service_role, postgres;
grant all on schema auth to dashboard_user;
reset role;

set local role supabase_storage_admin;
grant usage on schema storage to anon, authenticated, service_role;
grant all on schema storage to postgres, dashboard_user;
reset role;

-- A new table in `public` is open to the API roles: row level security is what guards it.
do $$
declare
  privileges record;
begin
  for privileges in
    select format(
      'alter default privileges for role %I in schema %I grant all on %s to postgres, anon, authenticated, service_role',
      creator, schema, kind) as statement
    from (select distinct unnest(array['postgres', 'supabase_admin', current_user])) as creators (creator),
      unnest(array['public', 'graphql_public']) as schemas (schema),
      unnest(array['tables', 'sequences', 'functions']) as kinds (kind)
    where pg_catalog.pg_has_role(current_user, creator, 'usage')
  loop
    begin
      execute privileges.statement;
    exception when insufficient_privilege then
      raise notice 'skipped: % (%)', privileges.statement, sqlerrm;
    end;
  end loop;
end $$;
