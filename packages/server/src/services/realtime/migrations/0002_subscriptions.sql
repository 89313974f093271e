-- Who listens to which changes of rows, and the functions by which the original service decides who may see one. Ours decides
-- without them: they are here because applications' SQL and dumps name them.

set local role supabase_realtime_admin;

do $make$
declare
  type record;
begin
  for type in
    select *
    from (values
      ('action', $$enum ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'ERROR')$$),
      ('equality_op', $$enum ('eq', 'neq', 'lt', 'lte', 'gt', 'gte', 'in', 'like', 'ilike', 'is', 'match', 'imatch', 'isdistinct')$$),
      ('user_defined_filter', '(column_name text, op realtime.equality_op, value text, negate boolean)'),
      ('wal_column', '(name text, type_name text, type_oid oid, value jsonb, is_pkey boolean, is_selectable boolean)'),
      ('wal_rls', '(wal jsonb, is_rls_enabled boolean, subscription_ids uuid[], errors text[])')
    ) as wanted (name, definition)
    where to_regtype('realtime.' || name) is null
  loop
    execute format('create type realtime.%I as %s', type.name, type.definition);
  end loop;
end $make$;

do $make$
declare
  definition text;
begin
  foreach definition in array array[
    -- immutable, for a generated column: a role that is renamed is another one
    $f$create function realtime.to_regrole(role_name text) returns regrole language sql immutable as $$
      select role_name::regrole
    $$$f$,

    $f$create function realtime.cast(val text, type_ regtype) returns jsonb language plpgsql immutable as $$
    declare
      result jsonb;
    begin
      if type_ = 'bytea'::regtype then
        return to_jsonb(val);
      end if;
      execute format('select to_jsonb(%L::%s)', val, type_) into result;
      return result;
    end $$$f$,

    -- 'val_1 op val_2', both of the type: is null, true, false or unknown take a word, in takes an array
    $f$create function realtime.check_equality_op(
      op realtime.equality_op, type_ regtype, val_1 text, val_2 text, negate boolean
    ) returns boolean language plpgsql stable as $$
    declare
      symbol constant text := '{"eq": "=", "neq": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">=", "in": "= any",
        "like": "like", "ilike": "ilike", "match": "~", "imatch": "~*", "is": "is", "isdistinct": "is distinct from"}'::jsonb ->> op::text;
      operand constant text := case
        when op = 'is' then upper(val_2)
        else format('(%L::%s%s)', val_2, type_, case when op = 'in' then '[]' else '' end)
      end;
      result boolean;
    begin
      if op = 'is' and (val_2 in ('null', 'true', 'false', 'unknown')) is not true then
        raise exception 'invalid value for is filter: must be null, true, false, or unknown';
      end if;
      execute format('select (%L::%s) %s %s', val_1, type_, symbol, operand) into result;
      return case when negate then not result else result end;
    end $$$f$,

    -- All must hold; a column that is not there, or null compared, holds for none.
    $f$create function realtime.is_visible_through_filters(
      columns realtime.wal_column[], filters realtime.user_defined_filter[]
    ) returns boolean language sql stable as $$
      select coalesce(bool_and(col.name is not null and coalesce(realtime.check_equality_op(
        filter.op, coalesce(col.type_oid::regtype, col.type_name::regtype), col.value #>> '{}', filter.value,
        coalesce(filter.negate, false)
      ), false)), true)
      from unnest(filters) as filter left join unnest(columns) as col on col.name = filter.column_name
    $$$f$,

    -- Asks whether the row with this primary key is there, for whoever executes it.
    $f$create function realtime.build_prepared_statement_sql(
      prepared_statement_name text, entity regclass, columns realtime.wal_column[]
    ) returns text language sql stable as $$
      select format('prepare %I as select exists (select from %s where %s)', prepared_statement_name, entity,
        string_agg(format('%I = %L', col.name, col.value #>> '{}'), ' and '))
      from unnest(columns) as col where col.is_pkey
    $$$f$,

    $f$create function realtime.wal2json_escape_identifier(name text) returns text language sql immutable strict as $$
      select regexp_replace(name, '[\\,.[:space:]]', '\\\&', 'g')
    $$$f$,

    $f$create function realtime.quote_wal2json(entity regclass) returns text language sql immutable strict as $$
      select realtime.wal2json_escape_identifier(nspname::text) || '.' || realtime.wal2json_escape_identifier(relname::text)
      from pg_class join pg_namespace on pg_namespace.oid = relnamespace where pg_class.oid = entity
    $$$f$,

    -- A filter that would fail on a change is refused while somebody subscribes.
    $f$create function realtime.subscription_check_filters() returns trigger language plpgsql as $$
    declare
      filter realtime.user_defined_filter;
      type_ regtype;
      chosen text;
    begin
      foreach filter in array new.filters loop
        select atttypid into type_ from pg_attribute
        where attrelid = new.entity and attname = filter.column_name and attnum > 0 and not attisdropped
          and has_column_privilege(new.claims ->> 'role', new.entity, attnum, 'SELECT');
        if not found then
          raise exception 'invalid column for filter %', filter.column_name;
        elsif filter.op = 'in' then
          if jsonb_array_length(realtime.cast(filter.value, (type_ || '[]')::regtype)) > 100 then
            raise exception 'too many values for `in` filter. Maximum 100';
          end if;
        elsif filter.op = 'is' then
          if (filter.value in ('null', 'true', 'false', 'unknown')) is not true then
            raise exception 'invalid value for is filter: must be null, true, false, or unknown';
          elsif filter.value <> 'null' and type_ <> 'boolean'::regtype then
            raise exception 'is % filter requires a boolean column, got %', filter.value, type_;
          end if;
        elsif filter.op in ('like', 'ilike', 'match', 'imatch') then
          if not exists (
            select from pg_operator
            where oprleft = type_ and oprresult = 'boolean'::regtype
              and oprname = case filter.op when 'match' then '~' when 'imatch' then '~*' else '~~' end
          ) then
            raise exception 'operator % requires a text-compatible column type, got %', filter.op, type_;
          end if;
          if filter.op in ('match', 'imatch') then
            begin
              perform '' ~ filter.value;
            exception when others then
              raise exception 'invalid regular expression for % filter: %', filter.op, sqlerrm;
            end;
          end if;
        else
          perform realtime.cast(filter.value, type_);
        end if;
      end loop;
      foreach chosen in array coalesce(new.selected_columns, '{}') loop
        if not exists (
          select from pg_attribute
          where attrelid = new.entity and attname = chosen and attnum > 0 and not attisdropped
            and has_column_privilege(new.claims ->> 'role', new.entity, attnum, 'SELECT')
        ) then
          raise exception 'invalid column for select %', chosen;
        end if;
      end loop;
      -- in one order, so that the same filters are the same subscription
      new.filters := array(select f from unnest(new.filters) as f order by f.column_name, f.op, f.value, f.negate);
      if new.selected_columns is not null then
        new.selected_columns := array(select name from unnest(new.selected_columns) as name order by name);
      end if;
      return new;
    end $$$f$
  ] loop
    continue when exists (
      select from pg_catalog.pg_proc
      where pronamespace = 'realtime'::regnamespace and proname = substring(definition from 'realtime\.(\w+)')
    );
    execute definition;
  end loop;
end $make$;

create table if not exists realtime.subscription (
  id bigint generated always as identity constraint pk_subscription primary key,
  subscription_id uuid not null,
  entity regclass not null,
  filters realtime.user_defined_filter[] not null default '{}',
  claims jsonb not null,
  claims_role regrole not null generated always as (realtime.to_regrole(claims ->> 'role')) stored,
  created_at timestamp not null default timezone('utc', now())
);
alter table realtime.subscription
  add column if not exists action_filter text default '*'
    constraint subscription_action_filter_check check (action_filter in ('*', 'INSERT', 'UPDATE', 'DELETE')),
  add column if not exists selected_columns text[];
create index if not exists ix_realtime_subscription_entity on realtime.subscription (entity);
create unique index if not exists subscription_subscription_id_entity_filters_action_filter_selec
  on realtime.subscription (subscription_id, entity, filters, action_filter, coalesce(selected_columns, '{}'));
do $$
begin
  if not exists (
    select from pg_catalog.pg_trigger
    where tgrelid = 'realtime.subscription'::regclass and tgname = 'tr_check_filters'
  ) then
    create trigger tr_check_filters before insert or update on realtime.subscription
      for each row execute function realtime.subscription_check_filters();
  end if;
end $$;
grant select on realtime.subscription to anon, authenticated, service_role, postgres;
grant usage on sequence realtime.subscription_id_seq to anon, authenticated, service_role, postgres;

reset role;
