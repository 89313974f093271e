-- index_advisor: by name only.
set local search_path = pg_catalog, pg_temp;

create function @extschema@.index_advisor(query text)
  returns table (startup_cost_before jsonb, startup_cost_after jsonb, total_cost_before jsonb, total_cost_after jsonb, index_statements text[], errors text[])
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception 'index_advisor: this server has no hypothetical indexes to try' using errcode = '0A000',
    hint = 'Compare plans with EXPLAIN, or run on an installed Postgres that has hypopg and index_advisor.';
end $$;

set local client_min_messages = notice;
do $$ begin
  raise notice 'index_advisor: by name only. index_advisor() refuses to advise.';
end $$;
