-- Requests of a traced request's SQL take its traceparent along: so does pg_net where it was made before it knew that. The
-- same text as in sql/pg_net.sql; a function of that name that is not our extension's stays as it is.

do $$
begin
  if not exists (
    select from pg_catalog.pg_depend
    join pg_catalog.pg_extension on pg_extension.oid = refobjid
    where classid = 'pg_catalog.pg_proc'::regclass and refclassid = 'pg_catalog.pg_extension'::regclass and deptype = 'e'
      and extname = 'pg_net'
      and objid = pg_catalog.to_regprocedure('net.basalt_enqueue(text, text, jsonb, jsonb, jsonb, int)')
  ) then
    return;
  end if;
  create or replace function net.basalt_enqueue(
    method text, url text, params jsonb, headers jsonb, body jsonb, timeout_milliseconds int
  )
    returns bigint
    language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $body$
  declare
    request_id bigint;
    -- of a request that is traced
    traceparent text := current_setting('basalt.traceparent', true);
  begin
    if traceparent <> '' and not coalesce(headers ? 'traceparent', false) then
      headers := coalesce(headers, '{}') || jsonb_build_object('traceparent', traceparent);
    end if;
    insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
    values (
      method,
      net._encode_url_with_params_array(url, array(
        select net._urlencode_string(key) || '=' || coalesce(net._urlencode_string(value), '') from jsonb_each_text(params))),
      headers, convert_to(body::text, 'utf8'), timeout_milliseconds)
    returning id into request_id;
    perform pg_notify('basalt_net', '');
    return request_id;
  end $body$;
exception when insufficient_privilege then
  raise notice 'skipped: traceparent of pg_net (%)', sqlerrm;
end $$;
