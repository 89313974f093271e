-- pgmq: queues as tables. Its functions run as the caller, to whom the tables of a queue belong.
set local search_path = pg_catalog, pg_temp;

create table pgmq.meta (
  queue_name varchar unique not null,
  is_partitioned boolean not null,
  is_unlogged boolean not null,
  created_at timestamptz default now() not null
);
select pg_extension_config_dump('pgmq.meta', '');

create type pgmq.message_record as (
  msg_id bigint, read_ct integer, enqueued_at timestamptz, vt timestamptz, message jsonb, headers jsonb
);
create type pgmq.queue_record as (
  queue_name varchar, is_partitioned boolean, is_unlogged boolean, created_at timestamptz
);
create type pgmq.metrics_result as (
  queue_name text, queue_length bigint, newest_msg_age_sec int, oldest_msg_age_sec int, total_messages bigint,
  scrape_time timestamptz, queue_visible_length bigint
);

create function pgmq.validate_queue_name(queue_name text) returns void
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  if length(queue_name) > 47 then
    raise exception 'queue name is too long, maximum length is 47 characters';
  end if;
end $$;

create function pgmq.format_table_name(queue_name text, prefix text) returns text
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  if queue_name ~ '\$|;|--|''' then
    raise exception 'queue name contains invalid characters: $, ;, --, or \''';
  end if;
  return lower(prefix || '_' || queue_name);
end $$;

create function pgmq.acquire_queue_lock(queue_name text) returns void
  language sql set search_path = pg_catalog, pg_temp
  return pg_advisory_xact_lock(hashtext('pgmq.queue_' || queue_name));

create function pgmq.basalt_create(queue_name text, unlogged boolean) returns void
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  queue text := pgmq.format_table_name(queue_name, 'q');
  archive text := pgmq.format_table_name(queue_name, 'a');
begin
  perform pgmq.validate_queue_name(queue_name);
  perform pgmq.acquire_queue_lock(queue_name);
  execute format('create %s table if not exists pgmq.%I (
    msg_id bigint primary key generated always as identity,
    read_ct int default 0 not null,
    enqueued_at timestamptz default now() not null,
    vt timestamptz not null,
    message jsonb,
    headers jsonb
  )', case when unlogged then 'unlogged' else '' end, queue);
  execute format('create table if not exists pgmq.%I (
    msg_id bigint primary key,
    read_ct int default 0 not null,
    enqueued_at timestamptz default now() not null,
    archived_at timestamptz default now() not null,
    vt timestamptz not null,
    message jsonb,
    headers jsonb
  )', archive);
  execute format('create index if not exists %I on pgmq.%I (vt asc)', queue || '_vt_idx', queue);
  execute format('create index if not exists %I on pgmq.%I (archived_at)', 'archived_at_idx_' || queue_name, archive);
  insert into pgmq.meta (queue_name, is_partitioned, is_unlogged) values (basalt_create.queue_name, false, unlogged)
  on conflict do nothing;
end $$;

create function pgmq.create_non_partitioned(queue_name text) returns void
  language sql set search_path = pg_catalog, pg_temp return pgmq.basalt_create(queue_name, false);
create function pgmq.create(queue_name text) returns void
  language sql set search_path = pg_catalog, pg_temp return pgmq.basalt_create(queue_name, false);
create function pgmq.create_unlogged(queue_name text) returns void
  language sql set search_path = pg_catalog, pg_temp return pgmq.basalt_create(queue_name, true);

create function pgmq.create_partitioned(queue_name text, partition_interval text default '10000', retention_interval text default '100000')
  returns void
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception 'pg_partman is required for partitioned queues' using errcode = '0A000',
    hint = 'This server has no pg_partman. pgmq.create makes a queue without partitions, with the same functions.';
end $$;
create function pgmq.convert_archive_partitioned(table_name text, partition_interval text default '10000', retention_interval text default '100000', leading_partition int default 10)
  returns void
  language sql set search_path = pg_catalog, pg_temp return pgmq.create_partitioned(table_name, partition_interval, retention_interval);

create function pgmq.send(queue_name text, msg jsonb, headers jsonb, delay timestamptz) returns setof bigint
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  return query execute format('insert into pgmq.%I (vt, message, headers) values ($1, $2, $3) returning msg_id',
    pgmq.format_table_name(queue_name, 'q')) using delay, msg, headers;
end $$;
create function pgmq.send(queue_name text, msg jsonb) returns setof bigint
  language sql set search_path = pg_catalog, pg_temp
  begin atomic select * from pgmq.send(queue_name, msg, null::jsonb, clock_timestamp()); end;
create function pgmq.send(queue_name text, msg jsonb, headers jsonb) returns setof bigint
  language sql set search_path = pg_catalog, pg_temp
  begin atomic select * from pgmq.send(queue_name, msg, headers, clock_timestamp()); end;
create function pgmq.send(queue_name text, msg jsonb, delay integer) returns setof bigint
  language sql set search_path = pg_catalog, pg_temp
  begin atomic select * from pgmq.send(queue_name, msg, null::jsonb, clock_timestamp() + make_interval(secs => delay)); end;
create function pgmq.send(queue_name text, msg jsonb, delay timestamptz) returns setof bigint
  language sql set search_path = pg_catalog, pg_temp
  begin atomic select * from pgmq.send(queue_name, msg, null::jsonb, delay); end;
create function pgmq.send(queue_name text, msg jsonb, headers jsonb, delay integer) returns setof bigint
  language sql set search_path = pg_catalog, pg_temp
  begin atomic select * from pgmq.send(queue_name, msg, headers, clock_timestamp() + make_interval(secs => delay)); end;

create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[], delay timestamptz) returns setof bigint
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  if cardinality(headers) <> cardinality(msgs) then
    raise exception 'pgmq.send_batch: % messages, but % headers', cardinality(msgs), cardinality(headers) using errcode = '22023';
  end if;
  return query execute format('insert into pgmq.%I (vt, message, headers)
    select $1, message, headers from unnest($2, $3) with ordinality as given (message, headers, place) order by place
    returning msg_id', pgmq.format_table_name(queue_name, 'q')) using delay, msgs, headers;
end $$;
create function pgmq.send_batch(queue_name text, msgs jsonb[]) returns setof bigint
  language sql set search_path = pg_catalog, pg_temp
  begin atomic select * from pgmq.send_batch(queue_name, msgs, null::jsonb[], clock_timestamp()); end;
create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[]) returns setof bigint
  language sql set search_path = pg_catalog, pg_temp
  begin atomic select * from pgmq.send_batch(queue_name, msgs, headers, clock_timestamp()); end;
create function pgmq.send_batch(queue_name text, msgs jsonb[], delay integer) returns setof bigint
  language sql set search_path = pg_catalog, pg_temp
  begin atomic select * from pgmq.send_batch(queue_name, msgs, null::jsonb[], clock_timestamp() + make_interval(secs => delay)); end;
create function pgmq.send_batch(queue_name text, msgs jsonb[], delay timestamptz) returns setof bigint
  language sql set search_path = pg_catalog, pg_temp
  begin atomic select * from pgmq.send_batch(queue_name, msgs, null::jsonb[], delay); end;
create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[], delay integer) returns setof bigint
  language sql set search_path = pg_catalog, pg_temp
  begin atomic select * from pgmq.send_batch(queue_name, msgs, headers, clock_timestamp() + make_interval(secs => delay)); end;

create function pgmq.read(queue_name text, vt integer, qty integer, conditional jsonb default '{}') returns setof pgmq.message_record
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  return query execute format('with chosen as (
      select msg_id from pgmq.%1$I
      where vt <= clock_timestamp() and ($2 = ''{}''::jsonb or message @> $2)
      order by msg_id limit $1 for update skip locked
    )
    update pgmq.%1$I as own set vt = clock_timestamp() + $3, read_ct = read_ct + 1
    from chosen where own.msg_id = chosen.msg_id
    returning own.msg_id, own.read_ct, own.enqueued_at, own.vt, own.message, own.headers',
    pgmq.format_table_name(queue_name, 'q')) using qty, coalesce(conditional, '{}'), make_interval(secs => vt);
end $$;

create function pgmq.read_with_poll(queue_name text, vt integer, qty integer, max_poll_seconds integer default 5, poll_interval_ms integer default 100, conditional jsonb default '{}')
  returns setof pgmq.message_record
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  stop_at timestamptz := clock_timestamp() + make_interval(secs => max_poll_seconds);
begin
  while clock_timestamp() < stop_at loop
    return query select * from pgmq.read(queue_name, vt, qty, conditional);
    exit when found;
    perform pg_sleep(poll_interval_ms::float8 / 1000);
  end loop;
end $$;

create function pgmq.pop(queue_name text) returns setof pgmq.message_record
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  return query execute format('with chosen as (
      select msg_id from pgmq.%1$I where vt <= clock_timestamp() order by msg_id limit 1 for update skip locked
    )
    delete from pgmq.%1$I as own using chosen where own.msg_id = chosen.msg_id
    returning own.msg_id, own.read_ct, own.enqueued_at, own.vt, own.message, own.headers',
    pgmq.format_table_name(queue_name, 'q'));
end $$;

create function pgmq.archive(queue_name text, msg_ids bigint[]) returns setof bigint
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  return query execute format('with archived as (
      delete from pgmq.%I where msg_id = any($1) returning msg_id, vt, read_ct, enqueued_at, message, headers
    )
    insert into pgmq.%I (msg_id, vt, read_ct, enqueued_at, message, headers)
    select msg_id, vt, read_ct, enqueued_at, message, headers from archived returning msg_id',
    pgmq.format_table_name(queue_name, 'q'), pgmq.format_table_name(queue_name, 'a')) using msg_ids;
end $$;
create function pgmq.archive(queue_name text, msg_id bigint) returns boolean
  language sql set search_path = pg_catalog, pg_temp
  begin atomic select count(*) > 0 from pgmq.archive(queue_name, array[msg_id]); end;

create function pgmq.delete(queue_name text, msg_ids bigint[]) returns setof bigint
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  return query execute format('delete from pgmq.%I where msg_id = any($1) returning msg_id',
    pgmq.format_table_name(queue_name, 'q')) using msg_ids;
end $$;
create function pgmq.delete(queue_name text, msg_id bigint) returns boolean
  language sql set search_path = pg_catalog, pg_temp
  begin atomic select count(*) > 0 from pgmq.delete(queue_name, array[msg_id]); end;

create function pgmq.set_vt(queue_name text, msg_id bigint, vt integer) returns setof pgmq.message_record
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  return query execute format('update pgmq.%I set vt = clock_timestamp() + $1 where msg_id = $2
    returning msg_id, read_ct, enqueued_at, vt, message, headers',
    pgmq.format_table_name(queue_name, 'q')) using make_interval(secs => vt), msg_id;
end $$;

create function pgmq.purge_queue(queue_name text) returns bigint
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  counted bigint;
begin
  execute format('select count(*) from pgmq.%I', pgmq.format_table_name(queue_name, 'q')) into counted;
  execute format('truncate table pgmq.%I', pgmq.format_table_name(queue_name, 'q'));
  return counted;
end $$;

create function pgmq.detach_archive(queue_name text) returns void
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  -- the archive is no part of the extension here: it stays when the extension goes
  raise notice 'the archive of queue % belongs to its owner, not to the extension', queue_name;
end $$;

create function pgmq.drop_queue(queue_name text) returns boolean
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgmq.acquire_queue_lock(queue_name);
  if to_regclass(format('pgmq.%I', pgmq.format_table_name(queue_name, 'q'))) is null then
    raise notice 'pgmq queue `%` does not exist', queue_name;
    return false;
  end if;
  execute format('drop table if exists pgmq.%I', pgmq.format_table_name(queue_name, 'q'));
  execute format('drop table if exists pgmq.%I', pgmq.format_table_name(queue_name, 'a'));
  delete from pgmq.meta as own where own.queue_name = drop_queue.queue_name;
  return true;
end $$;
create function pgmq.drop_queue(queue_name text, partitioned boolean) returns boolean
  language sql set search_path = pg_catalog, pg_temp return pgmq.drop_queue(queue_name);

create function pgmq.list_queues() returns setof pgmq.queue_record
  language sql set search_path = pg_catalog, pg_temp
  begin atomic select queue_name, is_partitioned, is_unlogged, created_at from pgmq.meta; end;

create function pgmq.metrics(queue_name text) returns pgmq.metrics_result
  language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  result pgmq.metrics_result;
  queue text := pgmq.format_table_name(queue_name, 'q');
begin
  execute format('select $1, count(*), extract(epoch from now() - max(enqueued_at))::int,
      extract(epoch from now() - min(enqueued_at))::int,
      (select case when is_called then last_value else 0 end from pgmq.%I), now(), count(*) filter (where vt <= now())
    from pgmq.%I', queue || '_msg_id_seq', queue) using queue_name into result;
  return result;
end $$;

create function pgmq.metrics_all() returns setof pgmq.metrics_result
  language sql set search_path = pg_catalog, pg_temp
  begin atomic select (pgmq.metrics(queue_name)).* from pgmq.meta; end;

create function pgmq._belongs_to_pgmq(table_name text) returns boolean
  language sql stable set search_path = pg_catalog, pg_temp
  begin atomic
    select exists (select from pgmq.meta where table_name in (lower('q_' || queue_name), lower('a_' || queue_name)));
  end;

grant usage on schema pgmq to pg_monitor;
grant select on pgmq.meta to pg_monitor;
do $$
begin
  if to_regrole('postgres') is null then
    return;
  end if;
  grant usage, create on schema pgmq to postgres with grant option;
  grant all on pgmq.meta to postgres with grant option;
  if to_regnamespace('pgmq_public') is not null then
    return;
  end if;
  -- What Supabase makes when queues are exposed to the API. The project's own: it may replace them.
  create schema pgmq_public;
  alter extension pgmq drop schema pgmq_public;
  alter schema pgmq_public owner to postgres;
  if to_regrole('service_role') is not null then
    grant usage on schema pgmq_public, pgmq to service_role;
    grant select on pgmq.meta to service_role;
  end if;
end $$;
do $$
declare
  wrapper record;
begin
  if to_regrole('postgres') is null or (select nspowner::regrole::text from pg_namespace where nspname = 'pgmq_public') <> 'postgres' then
    return;
  end if;
  for wrapper in
    select * from (values
      ('pop', 'queue_name text', 'setof pgmq.message_record', 'queue_name := queue_name'),
      ('send', 'queue_name text, message jsonb, sleep_seconds integer default 0', 'setof bigint',
        'queue_name := queue_name, msg := message, delay := sleep_seconds'),
      ('send_batch', 'queue_name text, messages jsonb[], sleep_seconds integer default 0', 'setof bigint',
        'queue_name := queue_name, msgs := messages, delay := sleep_seconds'),
      ('archive', 'queue_name text, message_id bigint', 'boolean', 'queue_name := queue_name, msg_id := message_id'),
      ('delete', 'queue_name text, message_id bigint', 'boolean', 'queue_name := queue_name, msg_id := message_id'),
      ('read', 'queue_name text, sleep_seconds integer, n integer', 'setof pgmq.message_record',
        'queue_name := queue_name, vt := sleep_seconds, qty := n')
    ) as wrappers (name, arguments, result, passed)
  loop
    -- left by the extension when it was dropped, or the project's
    continue when exists (select from pg_proc where pronamespace = 'pgmq_public'::regnamespace and proname = wrapper.name);
    execute format('create function pgmq_public.%1$I(%2$s) returns %3$s language plpgsql set search_path = '''' as $body$
      begin
        %4$s
      end $body$', wrapper.name, wrapper.arguments, wrapper.result,
      case when wrapper.result like 'setof%' then format('return query select * from pgmq.%I(%s);', wrapper.name, wrapper.passed)
        else format('return pgmq.%I(%s);', wrapper.name, wrapper.passed) end);
    execute format('alter extension pgmq drop routine pgmq_public.%I', wrapper.name);
    execute format('alter routine pgmq_public.%I owner to postgres', wrapper.name);
  end loop;
end $$;
