-- The extensions every Supabase database has, in their own schema. One that the server lacks, or that this role may not
-- create, is left out: nothing of the platform's own needs it.

do $$
declare
  wanted text;
begin
  foreach wanted in array array['uuid-ossp', 'pgcrypto', 'pg_stat_statements'] loop
    continue when exists (select from pg_catalog.pg_extension where extname = wanted);
    if not exists (select from pg_catalog.pg_available_extensions where name = wanted) then
      raise notice 'skipped: extension % is not available on this server', wanted;
      continue;
    end if;
    begin
      execute format('create extension %I with schema extensions', wanted);
    exception when others then
      raise notice 'skipped: extension % (%)', wanted, sqlerrm;
    end;
  end loop;
end $$;
