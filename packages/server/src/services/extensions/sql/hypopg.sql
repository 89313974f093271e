-- hypopg: by name only.
set local search_path = pg_catalog, pg_temp;

set local client_min_messages = notice;
do $$ begin
  raise notice 'hypopg: by name only. There are no hypothetical indexes.';
end $$;
