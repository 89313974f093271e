-- Storage's functions: what policies ask about a name, what the service lists with, what guards the tables.
-- One that the original service has made is left as it is.

set local role supabase_storage_admin;

do $make$
declare
  definition text;
begin
  foreach definition in array array[
    -- 'a/b/c.png' → {a,b}
    $f$create function storage.foldername(name text) returns text[] language sql immutable as $$
      select trim_array(parts, least(1, cardinality(parts))) from string_to_array(name, '/') as parts
    $$$f$,

    -- 'a/b/c.png' → c.png
    $f$create function storage.filename(name text) returns text language sql immutable as $$
      select parts[cardinality(parts)] from string_to_array(name, '/') as parts
    $$$f$,

    -- 'a/b/c.png' → png; a name without a dot is its own extension
    $f$create function storage.extension(name text) returns text language sql immutable as $$
      select substring(last from '[^.]*$')
      from string_to_array(name, '/') as parts, lateral (select parts[cardinality(parts)] as last) as file
    $$$f$,

    -- What of the key is the folder below the prefix: ('a/b/c', 'a/', '/') → a/b/; null when it is none.
    $f$create function storage.get_common_prefix(p_key text, p_prefix text, p_delimiter text) returns text
    language sql immutable as $$
      select case when place > 0 then left(p_key, length(p_prefix) + place + length(p_delimiter) - 1) end
      from (select position(p_delimiter in substr(p_key, length(p_prefix) + 1)) as place) as found
    $$$f$,

    -- What the service is doing: storage.object.list
    $f$create function storage.operation() returns text language sql stable as $$
      select current_setting('storage.operation', true)
    $$$f$,

    $f$create function storage.allow_any_operation(expected_operations text[]) returns boolean language sql stable as $$
      select exists (
        select from unnest(expected_operations) as expected
        where expected <> ''
          and regexp_replace(expected, '^storage\.', '') = regexp_replace(storage.operation(), '^storage\.', '')
      )
    $$$f$,

    $f$create function storage.allow_only_operation(expected_operation text) returns boolean language sql stable as $$
      select storage.allow_any_operation(array[expected_operation])
    $$$f$,

    -- Tries it, and takes it back by an error of its own.
    $f$create function storage.can_insert_object(bucketid text, name text, owner uuid, metadata jsonb) returns void
    language plpgsql as $$
    begin
      insert into storage.objects (bucket_id, name, owner, metadata) values (bucketid, name, owner, metadata);
      raise sqlstate 'PT200' using message = 'ROLLBACK', detail = 'rollback successful insert';
    end $$$f$,

    $f$create function storage.get_size_by_bucket() returns table (size bigint, bucket_id text) language sql stable as $$
      select sum((object.metadata ->> 'size')::bigint)::bigint, object.bucket_id
      from storage.objects as object group by object.bucket_id
    $$$f$,

    $f$create function storage.update_updated_at_column() returns trigger language plpgsql as $$
    begin
      new.updated_at = now();
      return new;
    end $$$f$,

    $f$create function storage.enforce_bucket_name_length() returns trigger language plpgsql as $$
    begin
      if length(new.name) > 100 then
        raise exception 'bucket name "%" is too long (% characters). Max is 100.', new.name, length(new.name);
      end if;
      return new;
    end $$$f$,

    $f$create function storage.protect_delete() returns trigger language plpgsql as $$
    begin
      if current_setting('storage.allow_delete_query', true) is distinct from 'true' then
        raise exception 'Direct deletion from storage tables is not allowed. Use the Storage API instead.'
          using errcode = '42501', hint = 'A row deleted here would leave its file behind.';
      end if;
      return null;
    end $$$f$
  ] loop
    continue when exists (
      select from pg_catalog.pg_proc
      where pronamespace = 'storage'::regnamespace and proname = substring(definition from 'storage\.(\w+)')
    );
    execute definition;
  end loop;
end $make$;

do $$
declare
  wanted record;
begin
  for wanted in
    select *
    from (values
      ('buckets', 'enforce_bucket_name_length_trigger',
        'before insert or update of name on storage.buckets for each row execute function storage.enforce_bucket_name_length()'),
      ('buckets', 'protect_buckets_delete',
        'before delete on storage.buckets for each statement execute function storage.protect_delete()'),
      ('objects', 'protect_objects_delete',
        'before delete on storage.objects for each statement execute function storage.protect_delete()'),
      ('objects', 'update_objects_updated_at',
        'before update on storage.objects for each row execute function storage.update_updated_at_column()')
    ) as triggers (relation, name, definition)
    where not exists (
      select from pg_catalog.pg_trigger
      where tgrelid = ('storage.' || relation)::regclass and tgname = name
    )
  loop
    execute format('create trigger %I %s', wanted.name, wanted.definition);
  end loop;
end $$;

reset role;
