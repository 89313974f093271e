-- pg_tle: by name only.
set local search_path = pg_catalog, pg_temp;

set local client_min_messages = notice;
do $$ begin
  raise notice 'pg_tle: by name only. No extension can be installed from a table.';
end $$;
