-- pg_graphql: by name only.
set local search_path = pg_catalog, pg_temp;

set local client_min_messages = notice;
do $$ begin
  raise notice 'pg_graphql: by name only. graphql_public.graphql() answers that GraphQL is not enabled.';
end $$;
