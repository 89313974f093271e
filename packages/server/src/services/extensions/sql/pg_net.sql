-- pg_net: requests are rows of a queue, sent after commit by the worker in the server's process (`NOTIFY basalt_net` wakes it).
set local search_path = pg_catalog, pg_temp;

create schema net;

create domain net.http_method as text check (value ilike 'get' or value ilike 'post' or value ilike 'delete');

-- Logged, unlike pg_net's own: what is queued survives a crash of Postgres.
create table net.http_request_queue (
  id bigserial,
  method net.http_method not null,
  url text not null,
  headers jsonb,
  body bytea,
  timeout_milliseconds int not null
);
create index on net.http_request_queue (id);

create unlogged table net._http_response (
  id bigint,
  status_code integer,
  content_type text,
  headers jsonb,
  content text,
  timed_out bool,
  error_msg text,
  created timestamptz not null default now()
);
create index on net._http_response (created);
create index on net._http_response (id);

create type net.request_status as enum ('PENDING', 'SUCCESS', 'ERROR');
create type net.http_response as (status_code integer, headers jsonb, body text);
create type net.http_response_result as (status net.request_status, message text, response net.http_response);

-- Every byte but letters, digits and -._~ as %XX.
create function net._urlencode_string(string varchar) returns text
  language plpgsql immutable strict set search_path = pg_catalog, pg_temp
as $$
declare
  bytes bytea := convert_to(string, 'utf8');
  byte int4;
  result text := '';
begin
  for i in 0 .. octet_length(bytes) - 1 loop
    byte := get_byte(bytes, i);
    result := result || case
      when byte between 1 and 127 and chr(greatest(byte, 1)) ~ '^[A-Za-z0-9._~-]$' then chr(byte)
      else '%' || upper(lpad(to_hex(byte), 2, '0')) end;
  end loop;
  return result;
end $$;

-- Behind the query the URL has, before its fragment.
create function net._encode_url_with_params_array(url text, params_array text[]) returns text
  language plpgsql immutable set search_path = pg_catalog, pg_temp
as $$
declare
  before text := split_part(url, '#', 1);
  fragment text := substr(url, length(split_part(url, '#', 1)) + 1);
begin
  if cardinality(params_array) = 0 then
    return url;
  end if;
  return before || case when strpos(before, '?') = 0 then '?' when right(before, 1) in ('?', '&') then '' else '&' end
    || array_to_string(params_array, '&') || fragment;
end $$;

create function net.wake() returns void
  language sql set search_path = pg_catalog, pg_temp
  return pg_notify('basalt_net', '');

create function net.worker_restart() returns bool
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  perform pg_notify('basalt_net', 'restart');
  return true;
end $$;

-- The worker holds this lock for as long as it is there (the two halves of its key: 'basa', 'jobs').
create function net.basalt_worker_is_up() returns bool
  language sql stable security definer set search_path = pg_catalog, pg_temp
  return exists (
    select from pg_locks
    where locktype = 'advisory' and classid = 1650553697 and objid = 1785684595 and objsubid = 2 and granted
      and database = (select oid from pg_database where datname = current_database())
  );

create function net.check_worker_is_up() returns void
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  if not net.basalt_worker_is_up() then
    raise exception 'the pg_net background worker is not up'
      using detail = 'The server whose process sends the requests does not run on this database.',
        hint = 'Requests stay in net.http_request_queue and are sent when it runs.';
  end if;
end $$;

create function net.wait_until_running() returns void
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  while not net.basalt_worker_is_up() loop
    perform pg_sleep(0.05);
  end loop;
end $$;

create function net.basalt_enqueue(method text, url text, params jsonb, headers jsonb, body jsonb, timeout_milliseconds int)
  returns bigint
  language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
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
end $$;

create function net.http_get(
  url text,
  params jsonb default '{}'::jsonb,
  headers jsonb default '{}'::jsonb,
  timeout_milliseconds int default 5000
) returns bigint
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  return net.basalt_enqueue('GET'::text, url, params, headers, null::jsonb, timeout_milliseconds);

create function net.http_post(
  url text,
  body jsonb default '{}'::jsonb,
  params jsonb default '{}'::jsonb,
  headers jsonb default '{"Content-Type": "application/json"}'::jsonb,
  timeout_milliseconds int default 5000
) returns bigint
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  content_type text := (select value from jsonb_each_text(coalesce(headers, '{}'::jsonb)) where lower(key) = 'content-type' limit 1);
begin
  if content_type is null then
    headers := coalesce(headers, '{}'::jsonb) || '{"Content-Type": "application/json"}'::jsonb;
  elsif content_type <> 'application/json' then
    raise exception 'Content-Type header must be "application/json"';
  end if;
  return net.basalt_enqueue('POST'::text, url, params, headers, body, timeout_milliseconds);
end $$;

create function net.http_delete(
  url text,
  params jsonb default '{}'::jsonb,
  headers jsonb default '{}'::jsonb,
  timeout_milliseconds int default 5000,
  body jsonb default null
) returns bigint
  language sql volatile security definer set search_path = pg_catalog, pg_temp
  return net.basalt_enqueue('DELETE'::text, url, params, headers, body, timeout_milliseconds);

create function net._await_response(request_id bigint) returns bool
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  while not exists (select from net._http_response where id = request_id) loop
    perform pg_sleep(0.05);
  end loop;
  return true;
end $$;

create function net._http_collect_response(request_id bigint, async bool default true) returns net.http_response_result
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  found_response net._http_response;
begin
  if not async then
    perform net._await_response(request_id);
  end if;
  select * into found_response from net._http_response where id = request_id;
  if found_response.id is null or found_response.error_msg is not null then
    return ('ERROR', coalesce(found_response.error_msg, 'request matching request_id not found'), null)::net.http_response_result;
  end if;
  return ('SUCCESS', 'ok', (found_response.status_code, found_response.headers, found_response.content)::net.http_response)::net.http_response_result;
end $$;

create function net.http_collect_response(request_id bigint, async bool default true) returns net.http_response_result
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  raise notice 'The net.http_collect_response function is deprecated.';
  return net._http_collect_response(request_id, async);
end $$;

-- Whoever may call anything may call (a trigger runs as the caller); the queue, with its tokens, is not everybody's as it
-- is with pg_net. No TRIGGER: the functions and the worker write with rights that are not the project's.
revoke all on all functions in schema net from public;
do $$
declare
  role text;
begin
  foreach role in array array['postgres', 'anon', 'authenticated', 'service_role', 'supabase_functions_admin'] loop
    continue when to_regrole(role) is null;
    execute format('grant usage on schema net to %I', role);
    execute format('grant execute on function net.http_get, net.http_post, net.http_delete, net.wake to %I', role);
  end loop;
  foreach role in array array['postgres', 'service_role'] loop
    continue when to_regrole(role) is null;
    execute format('grant select, insert, update, delete, truncate on net.http_request_queue, net._http_response to %I', role);
    execute format('grant usage, select on sequence net.http_request_queue_id_seq to %I', role);
    execute format('grant execute on all functions in schema net to %I', role);
  end loop;
end $$;
revoke all on function net.basalt_enqueue(text, text, jsonb, jsonb, jsonb, int) from public;

-- there was no queue to listen for until now
select pg_notify('basalt_net', 'restart');

-- The worker connects as this role, and as nothing more: it reads whatever is there by these names.
do $$ begin
  if to_regrole('supabase_functions_admin') is not null then
    grant usage on schema net to supabase_functions_admin;
    grant select, insert, update, delete on net.http_request_queue, net._http_response to supabase_functions_admin;
    grant usage, select on all sequences in schema net to supabase_functions_admin;
  end if;
end $$;
