-- `graphql_public` is an exposed schema by default. Without pg_graphql its one function says so instead of being missing.

do $$
begin
  if exists (
    select from pg_catalog.pg_proc
    where proname = 'graphql' and pronamespace = 'graphql_public'::regnamespace
  ) then
    return;
  end if;
  create function graphql_public.graphql(
    "operationName" text default null,
    query text default null,
    variables jsonb default null,
    extensions jsonb default null
  ) returns jsonb
  language sql immutable
  as $function$
    select jsonb_build_object(
      'data', null,
      'errors', jsonb_build_array(jsonb_build_object('message', 'pg_graphql extension is not enabled.'))
    )
  $function$;
end $$;

grant execute on function graphql_public.graphql(text, text, jsonb, jsonb) to postgres, anon, authenticated, service_role;
