-- What every Supabase database has of these: the vault, and the schemas that `create extension … with schema` finds there.
-- Where the server has no such extension (a given database) nothing is made.

do $$
declare
  wanted text;
begin
  foreach wanted in array array['vault', 'pgsodium', 'pgtle'] loop
    continue when to_regnamespace(wanted) is not null;
    begin
      execute format('create schema %I', wanted);
      -- a migration that creates the extension has to be able to
      execute format('grant usage on schema %I to postgres with grant option', wanted);
    exception when insufficient_privilege then
      raise notice 'skipped: schema % (%)', wanted, sqlerrm;
    end;
  end loop;
  if exists (select from pg_catalog.pg_extension where extname = 'supabase_vault')
    or not exists (select from pg_catalog.pg_available_extensions where name = 'supabase_vault') then
    return;
  end if;
  -- as the project's role where that can: it may then drop it
  if has_database_privilege('postgres', current_database(), 'create') then
    set local role postgres;
  end if;
  create extension supabase_vault with schema vault;
  reset role;
exception when others then
  raise notice 'skipped: extension supabase_vault (%)', sqlerrm;
end $$;
