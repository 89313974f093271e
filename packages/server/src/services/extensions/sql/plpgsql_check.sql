-- plpgsql_check: by name only.
set local search_path = pg_catalog, pg_temp;

set local client_min_messages = notice;
do $$ begin
  raise notice 'plpgsql_check: by name only. Functions are not checked.';
end $$;
