-- Who asks for filters and values reads about tables and types of a project's own schemas, and compares with operators of
-- extensions: citext's. It looks where the project's owner looks, and writes nowhere.

do $$
declare
  statement text;
  -- the role inherits nothing by itself; until Postgres 16 that cannot be said of one membership
  inherits text := case when current_setting('server_version_num')::int >= 160000 then ' with inherit true' else '' end;
begin
  foreach statement in array array[
    'grant pg_read_all_data to supabase_realtime_admin' || inherits,
    'alter role supabase_realtime_admin set search_path = "$user", public, extensions'
  ] loop
    begin
      execute statement;
    exception
      when insufficient_privilege then raise notice 'skipped: % (%)', statement, sqlerrm;
      -- another database of the server does so at this very moment
      when unique_violation or internal_error then null;
    end;
  end loop;
end $$;
