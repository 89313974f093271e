-- pg_stat_monitor: by name only.
set local search_path = pg_catalog, pg_temp;

set local client_min_messages = notice;
do $$ begin
  raise notice 'pg_stat_monitor: by name only. No statistics of statements are kept.';
end $$;
