-- `postgres` owns the database of an embedded Postgres, and by that the schema `public`, as on Supabase: applications
-- drop and create it anew. A database that somebody else made keeps its owner.

do $$
begin
  if exists (
    select from pg_catalog.pg_database
    where datname = current_database() and pg_get_userbyid(datdba) = 'supabase_admin'
  ) and current_user = 'supabase_admin' then
    execute format('alter database %I owner to postgres', current_database());
  end if;
exception when insufficient_privilege then
  raise notice 'skipped: owner of the database (%)', sqlerrm;
end $$;
