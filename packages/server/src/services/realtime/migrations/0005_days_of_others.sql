-- Days that the original service made, as somebody who is more, are left alone as those of others: they may not be dropped.

set local role supabase_realtime_admin;

create or replace function realtime.basalt_keep_partitions(ahead integer default 3) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  today constant date := (now() at time zone 'utc')::date;
  day date;
  old name;
begin
  for day in select generate_series(today - 1, today + ahead, interval '1 day')::date loop
    continue when to_regclass(format('realtime.messages_%s', to_char(day, 'YYYY_MM_DD'))) is not null;
    begin
      execute format('create table realtime.messages_%s partition of realtime.messages for values from (%L) to (%L)',
        to_char(day, 'YYYY_MM_DD'), day, day + 1);
    exception when invalid_object_definition or duplicate_table then
      null;
    end;
  end loop;
  for old in
    select relname
    from pg_inherits join pg_class on pg_class.oid = inhrelid
    where inhparent = 'realtime.messages'::regclass and relname ~ '^messages_\d{4}_\d\d_\d\d$'
      and to_date(substr(relname, 10), 'YYYY_MM_DD') < today - 3
  loop
    begin
      execute format('drop table realtime.%I', old);
    exception when insufficient_privilege then
      -- the original service made it, as somebody who is more
      null;
    end;
  end loop;
end $$;

reset role;
