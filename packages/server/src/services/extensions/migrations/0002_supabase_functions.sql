-- Database webhooks: a trigger function that hands a row to pg_net, and a record of what it handed over.

do $$
begin
  if to_regnamespace('supabase_functions') is null then
    create schema supabase_functions authorization supabase_functions_admin;
  end if;
end $$;

-- pg_net comes with the first webhook that fires: a migration may still create it itself. As whoever runs migrations,
-- for the function below runs as a role that may not.
do $$
begin
  if to_regprocedure('supabase_functions.http_request()') is not null then
    return;
  end if;

  create function supabase_functions.basalt_ensure_net() returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $function$
  begin
    if to_regclass('net.http_request_queue') is not null then
      return;
    end if;
    -- two at once: the second waits, and finds it made
    perform pg_advisory_xact_lock(hashtext('supabase_functions.basalt_ensure_net'));
    create extension if not exists pg_net with schema extensions;
  end $function$;
  revoke all on function supabase_functions.basalt_ensure_net() from public;
  grant execute on function supabase_functions.basalt_ensure_net() to supabase_functions_admin;

  create table supabase_functions.hooks (
    id bigserial primary key,
    hook_table_id integer not null,
    hook_name text not null,
    created_at timestamptz not null default now(),
    request_id bigint
  );
  comment on table supabase_functions.hooks is 'Supabase Functions Hooks: Audit trail for triggered hooks.';
  create index supabase_functions_hooks_request_id_idx on supabase_functions.hooks (request_id);
  create index supabase_functions_hooks_h_table_id_h_name_idx on supabase_functions.hooks (hook_table_id, hook_name);

  -- Arguments: url, method, headers, params, timeout in milliseconds.
  create function supabase_functions.http_request() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $function$
  declare
    url text := nullif(tg_argv[0], 'null');
    method text := nullif(tg_argv[1], 'null');
    headers jsonb := coalesce(nullif(tg_argv[2], 'null'), '{"Content-Type": "application/json"}');
    params jsonb := coalesce(nullif(tg_argv[3], 'null'), '{}');
    timeout_ms integer := coalesce(nullif(tg_argv[4], 'null'), '1000');
    request_id bigint;
  begin
    if url is null then
      raise exception 'url argument is missing';
    elsif method is null then
      raise exception 'method argument is missing';
    end if;
    perform supabase_functions.basalt_ensure_net();
    case method
      when 'GET' then
        request_id := net.http_get(url, params, headers, timeout_ms);
      when 'POST' then
        request_id := net.http_post(url, jsonb_build_object(
          'old_record', old, 'record', new, 'type', tg_op, 'table', tg_table_name, 'schema', tg_table_schema
        ), params, headers, timeout_ms);
      else
        raise exception 'method argument % is invalid', method;
    end case;
    insert into supabase_functions.hooks (hook_table_id, hook_name, request_id) values (tg_relid, tg_name, request_id);
    return coalesce(new, old);
  end $function$;
  alter table supabase_functions.hooks owner to supabase_functions_admin;
  alter function supabase_functions.http_request() owner to supabase_functions_admin;
end $$;

grant usage on schema supabase_functions to postgres, anon, authenticated, service_role;
grant all on supabase_functions.hooks to postgres, service_role;
grant execute on function supabase_functions.http_request() to postgres, anon, authenticated, service_role;
