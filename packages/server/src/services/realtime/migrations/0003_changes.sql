-- How the original service turns a change, as wal2json writes it, into what each subscriber may see of it (its `walrus`).
-- Ours does not use these; they are here for those who go back.

set local role supabase_realtime_admin;

-- left by a Basalt whose own schema was dropped on the way back
drop type if exists realtime.basalt_listener;
create type realtime.basalt_listener as (id uuid, claims jsonb);

do $make$
declare
  definition text;
begin
  foreach definition in array array[
    -- Columns of a change as the role may see them.
    $f$create function realtime.basalt_wal_columns(cells jsonb, keys jsonb, entity regclass, for_role regrole)
    returns realtime.wal_column[] language sql stable as $$
      select array_agg((
        cell ->> 'name', cell ->> 'type', cell ->> 'typeoid',
        realtime.cast(cell ->> 'value', coalesce((cell ->> 'typeoid')::oid::regtype, (cell ->> 'type')::regtype)),
        exists (select from jsonb_array_elements(keys) as key where key ->> 'name' = cell ->> 'name'),
        has_column_privilege(for_role, entity, cell ->> 'name', 'SELECT')
      )::realtime.wal_column)
      from jsonb_array_elements(cells) as cell
    $$$f$,

    -- One row for each role and choice of columns among the subscriptions.
    $f$create function realtime.apply_rls(wal jsonb, max_record_bytes integer default 1048576) returns setof realtime.wal_rls
    language plpgsql as $$
    declare
      entity_ constant regclass := format('%I.%I', wal ->> 'schema', wal ->> 'table')::regclass;
      action constant text := coalesce('{"I": "INSERT", "U": "UPDATE", "D": "DELETE"}'::jsonb ->> (wal ->> 'action'), 'ERROR');
      has_rls constant boolean := (select relrowsecurity from pg_class where oid = entity_);
      is_large constant boolean := octet_length(wal::text) > max_record_bytes;
      head constant jsonb := jsonb_build_object('schema', wal ->> 'schema', 'table', wal ->> 'table', 'type', action);
      party record;
      listener record;
      now_ realtime.wal_column[];
      before realtime.wal_column[];
      fault text;
      may boolean;
      seeing uuid[];
      shown jsonb;
    begin
      for party in
        select claims_role, selected_columns, array_agg(subscription_id) as ids
        from realtime.subscription
        where entity = entity_ and action_filter in ('*', action)
        group by claims_role, selected_columns
        order by claims_role::text, selected_columns
      loop
        now_ := realtime.basalt_wal_columns(wal -> 'columns', wal -> 'pk', entity_, party.claims_role);
        before := realtime.basalt_wal_columns(wal -> 'identity', wal -> 'pk', entity_, party.claims_role);
        select case
          when action = 'DELETE' then null
          when coalesce(bool_or(is_pkey), false) is false then 'Error 400: Bad Request, no primary key'
          when not bool_and(is_selectable) filter (where is_pkey) then 'Error 401: Unauthorized'
        end into fault from unnest(now_);
        if fault is not null then
          return next (head, has_rls, party.ids, array[fault])::realtime.wal_rls;
          continue;
        end if;

        if has_rls and action <> 'DELETE' then
          if exists (select from pg_prepared_statements where name = 'walrus_rls_stmt') then
            deallocate walrus_rls_stmt;
          end if;
          execute realtime.build_prepared_statement_sql('walrus_rls_stmt', entity_, now_);
        end if;
        seeing := '{}';
        -- all of them first: a cursor would go on as whoever the role was set to
        for listener in
          select * from unnest((
            select array_agg(row (s.subscription_id, s.claims)::realtime.basalt_listener)
            from realtime.subscription as s
            where s.entity = entity_ and s.claims_role = party.claims_role and s.subscription_id = any (party.ids)
              and s.selected_columns is not distinct from party.selected_columns
              and (realtime.is_visible_through_filters(now_, s.filters)
                or (action = 'DELETE' and realtime.is_visible_through_filters(before, s.filters)))
          ))
        loop
          may := true;
          if has_rls and action <> 'DELETE' then
            perform set_config('request.jwt.claims', listener.claims::text, true),
              set_config('role', trim('"' from party.claims_role::text), true);
            execute 'execute walrus_rls_stmt' into may;
            perform set_config('role', 'none', true);
          end if;
          if may then
            seeing := seeing || listener.id;
          end if;
        end loop;

        shown := head || jsonb_build_object(
          'commit_timestamp', to_char((wal ->> 'timestamp')::timestamptz at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
          'columns', (
            select jsonb_agg(jsonb_build_object('name', attname, 'type', typname) order by attnum)
            from pg_attribute join pg_type on pg_type.oid = atttypid
            where attrelid = entity_ and attnum > 0 and not attisdropped
              and has_column_privilege(party.claims_role, entity_, attnum, 'SELECT')
              and (party.selected_columns is null or attname = any (party.selected_columns) or exists (
                select from pg_constraint where conrelid = entity_ and contype = 'p' and attnum = any (conkey)))
          ));
        if action <> 'DELETE' then
          -- a value too large to be in the change itself is taken from what was before
          shown := shown || jsonb_build_object('record', (
            select jsonb_object_agg(name, value)
            from (
              select * from unnest(now_)
              union all
              select * from unnest(before) as b where b.name not in (select n.name from unnest(now_) as n)
            ) as c
            where c.is_selectable and (party.selected_columns is null or c.is_pkey or c.name = any (party.selected_columns))
              and (not is_large or octet_length(c.value::text) <= 64)));
        end if;
        if action <> 'INSERT' then
          -- nobody can ask whether a row that is gone could be seen: its key is all there is to know
          shown := shown || jsonb_build_object('old_record', (
            select jsonb_object_agg(c.name, c.value) from unnest(before) as c
            where c.is_selectable and (party.selected_columns is null or c.is_pkey or c.name = any (party.selected_columns))
              and (not is_large or octet_length(c.value::text) <= 64)
              and (action <> 'DELETE' or not has_rls or c.is_pkey)));
        end if;
        return next (shown, has_rls, seeing,
          case when is_large then array['Error 413: Payload Too Large'] else '{}' end)::realtime.wal_rls;
      end loop;
    end $$$f$,

    $f$create function realtime.list_changes(publication name, slot_name name, max_changes integer, max_record_bytes integer)
    returns table (wal jsonb, is_rls_enabled boolean, subscription_ids uuid[], errors text[], slot_changes_count bigint)
    language sql as $$
      with published as (
        select concat_ws(',', case when pubinsert then 'insert' end, case when pubupdate then 'update' end,
            case when pubdelete then 'delete' end) as actions,
          (select string_agg(realtime.quote_wal2json(format('%I.%I', schemaname, tablename)::regclass), ',')
            from pg_publication_tables as t where t.pubname = p.pubname) as tables
        from pg_publication as p where pubname = publication
      ), changes as materialized (
        select data::jsonb as change
        from published, pg_logical_slot_get_changes(slot_name, null, max_changes, 'format-version', '2',
          'include-pk', 'true', 'include-transaction', 'false', 'include-timestamp', 'true', 'include-type-oids', 'true',
          'actions', actions, 'add-tables', coalesce(tables, ''))
        where tables is not null
      ), counted as (
        select count(*) as n from changes
      ), seen as (
        select r.* from changes, realtime.apply_rls(change, max_record_bytes) as r where cardinality(r.subscription_ids) > 0
      )
      select seen.wal, seen.is_rls_enabled, seen.subscription_ids, seen.errors, n from counted left join seen on true
    $$$f$
  ] loop
    continue when exists (
      select from pg_catalog.pg_proc
      where pronamespace = 'realtime'::regnamespace and proname = substring(definition from 'realtime\.(\w+)')
    );
    execute definition;
  end loop;
end $make$;

reset role;
