-- How objects are listed: along an index, from folder to folder. Rows are those the caller may see.
-- A function that the original service has made is left as it is.

set local role supabase_storage_admin;

do $make$
declare
  definition text;
begin
  foreach definition in array array[
    -- Keys in the order of their bytes, those that go on behind a delimiter once, as the folder they are in. A scan ends at
    -- a folder, and the next begins behind it: as many scans as folders, whatever is in them.
    $f$create function storage.list_objects_with_delimiter(
      _bucket_id text, prefix_param text, delimiter_param text, max_keys integer default 100, start_after text default '',
      next_token text default '', sort_order text default 'asc'
    ) returns table (
      name text, id uuid, metadata jsonb, updated_at timestamptz, created_at timestamptz, last_accessed_at timestamptz
    ) language plpgsql stable as $$
    declare
      -- no character is behind it
      last constant text := chr(1114111);
      is_up constant boolean := lower(coalesce(sort_order, 'asc')) <> 'desc';
      prefix constant text := coalesce(prefix_param, '');
      place constant text := coalesce(nullif(next_token, ''), nullif(start_after, ''));
      low text := prefix;
      high text := prefix || last;
      folder text;
      found_folder text;
      found record;
      remaining integer := max_keys;
    begin
      if place is not null then
        -- a folder is named as it was shown, without its delimiter
        folder := rtrim(place, delimiter_param) || delimiter_param;
        if not exists (
          select from storage.objects as object
          where object.bucket_id = _bucket_id
            and object.name collate "C" >= folder and object.name collate "C" < folder || last
        ) then
          folder := null;
        end if;
        if is_up then
          -- behind all of the folder, or behind the key
          low := greatest(low collate "C", coalesce(folder || last, place || chr(1)));
        else
          high := least(high collate "C", coalesce(folder, place));
        end if;
      end if;
      while remaining > 0 loop
        found_folder := null;
        for found in
          select object.* from storage.objects as object
          where is_up and object.bucket_id = _bucket_id
            and object.name collate "C" >= low and object.name collate "C" < high
          order by object.name collate "C" asc limit remaining
        loop
          found_folder := storage.get_common_prefix(found.name, prefix, delimiter_param);
          exit when found_folder is not null;
          name := found.name; id := found.id; metadata := found.metadata; updated_at := found.updated_at;
          created_at := found.created_at; last_accessed_at := found.last_accessed_at;
          return next;
          remaining := remaining - 1;
        end loop;
        if not is_up then
          for found in
            select object.* from storage.objects as object
            where object.bucket_id = _bucket_id
              and object.name collate "C" >= low and object.name collate "C" < high
            order by object.name collate "C" desc limit remaining
          loop
            found_folder := storage.get_common_prefix(found.name, prefix, delimiter_param);
            exit when found_folder is not null;
            name := found.name; id := found.id; metadata := found.metadata; updated_at := found.updated_at;
            created_at := found.created_at; last_accessed_at := found.last_accessed_at;
            return next;
            remaining := remaining - 1;
          end loop;
        end if;
        exit when found_folder is null;
        name := left(found_folder, -length(delimiter_param)); id := null; metadata := null; updated_at := null;
        created_at := null; last_accessed_at := null;
        return next;
        remaining := remaining - 1;
        if is_up then
          low := found_folder || last;
        else
          high := found_folder;
        end if;
      end loop;
    end $$$f$,

    -- As the first listing has it: case makes no difference, names are relative to the prefix, a number is left out.
    $f$create function storage.search(
      prefix text, bucketname text, limits integer default 100, levels integer default 1, offsets integer default 0,
      search text default '', sortcolumn text default 'name', sortorder text default 'asc'
    ) returns table (
      name text, id uuid, updated_at timestamptz, created_at timestamptz, last_accessed_at timestamptz, metadata jsonb
    ) language plpgsql stable as $$
    declare
      last constant text := chr(1114111);
      is_up constant boolean := lower(coalesce(sortorder, 'asc')) <> 'desc';
      start constant text := lower(coalesce(prefix, '') || coalesce(search, ''));
      shown_from constant integer := length(coalesce(prefix, '')) + 1;
      low text := start;
      high text := start || last;
      found_folder text;
      found record;
      remaining integer := least(coalesce(limits, 100), 1500);
      skipped integer := coalesce(offsets, 0);
    begin
      if lower(sortcolumn) in ('updated_at', 'created_at', 'last_accessed_at') then
        return query execute format(
          'select substr(entry.name, $2), entry.id, entry.updated_at, entry.created_at, entry.last_accessed_at, entry.metadata
           from (
             select distinct on (lower(folder)) left(folder, -1) as name, null::uuid as id, null::timestamptz as updated_at,
               null::timestamptz as created_at, null::timestamptz as last_accessed_at, null::jsonb as metadata
             from storage.objects as object, storage.get_common_prefix(object.name, $3, ''/'') as folder
             where object.bucket_id = $1 and lower(object.name) collate "C" >= $3 and lower(object.name) collate "C" < $4
               and folder is not null
             union all
             select object.name, object.id, object.updated_at, object.created_at, object.last_accessed_at, object.metadata
             from storage.objects as object
             where object.bucket_id = $1 and lower(object.name) collate "C" >= $3 and lower(object.name) collate "C" < $4
               and storage.get_common_prefix(object.name, $3, ''/'') is null
           ) as entry
           order by entry.id is not null, entry.%1$I %2$s, lower(entry.name) collate "C" %2$s limit $5 offset $6',
          lower(sortcolumn), case when is_up then 'asc' else 'desc' end
        ) using bucketname, shown_from, low, high, remaining, skipped;
        return;
      end if;
      while remaining > 0 loop
        found_folder := null;
        for found in
          select object.* from storage.objects as object
          where is_up and object.bucket_id = bucketname
            and lower(object.name) collate "C" >= low and lower(object.name) collate "C" < high
          order by lower(object.name) collate "C" asc limit remaining + skipped
        loop
          found_folder := storage.get_common_prefix(found.name, start, '/');
          exit when found_folder is not null;
          if skipped > 0 then
            skipped := skipped - 1;
            continue;
          end if;
          name := substr(found.name, shown_from); id := found.id; updated_at := found.updated_at;
          created_at := found.created_at; last_accessed_at := found.last_accessed_at; metadata := found.metadata;
          return next;
          remaining := remaining - 1;
        end loop;
        if not is_up then
          for found in
            select object.* from storage.objects as object
            where object.bucket_id = bucketname
              and lower(object.name) collate "C" >= low and lower(object.name) collate "C" < high
            order by lower(object.name) collate "C" desc limit remaining + skipped
          loop
            found_folder := storage.get_common_prefix(found.name, start, '/');
            exit when found_folder is not null;
            if skipped > 0 then
              skipped := skipped - 1;
              continue;
            end if;
            name := substr(found.name, shown_from); id := found.id; updated_at := found.updated_at;
            created_at := found.created_at; last_accessed_at := found.last_accessed_at; metadata := found.metadata;
            return next;
            remaining := remaining - 1;
          end loop;
        end if;
        exit when found_folder is null;
        if skipped > 0 then
          skipped := skipped - 1;
        else
          name := substr(left(found_folder, -1), shown_from); id := null; updated_at := null; created_at := null;
          last_accessed_at := null; metadata := null;
          return next;
          remaining := remaining - 1;
        end if;
        if is_up then
          low := lower(found_folder) || last;
        else
          high := lower(found_folder);
        end if;
      end loop;
    end $$$f$,

    -- Folders have the time of their oldest object.
    $f$create function storage.search_by_timestamp(
      p_prefix text, p_bucket_id text, p_limit integer, p_level integer, p_start_after text, p_sort_order text,
      p_sort_column text, p_sort_column_after text
    ) returns table (
      key text, name text, id uuid, updated_at timestamptz, created_at timestamptz, last_accessed_at timestamptz,
      metadata jsonb
    ) language plpgsql stable as $$
    declare
      is_up constant boolean := lower(coalesce(p_sort_order, 'asc')) <> 'desc';
      sorted constant text := case when lower(p_sort_column) = 'created_at' then 'created_at' else 'updated_at' end;
    begin
      return query execute format(
        'with visible as (
           select object.*, storage.get_common_prefix(object.name, $1, ''/'') as folder
           from storage.objects as object
           where object.bucket_id = $2 and object.name collate "C" >= $1 and object.name collate "C" < $1 || chr(1114111)
         ), entry as (
           select left(folder, -1) as name, null::uuid as id, min(visible.created_at) as updated_at,
             min(visible.created_at) as created_at, null::timestamptz as last_accessed_at, null::jsonb as metadata
           from visible where folder is not null group by folder
           union all
           select visible.name, visible.id, visible.updated_at, visible.created_at, visible.last_accessed_at, visible.metadata
           from visible where folder is null
         ), placed as (
           -- what a cursor can say of a time
           select *, coalesce(date_trunc(''milliseconds'', %1$I), ''epoch'') as moment from entry
         )
         select split_part(name, ''/'', $3), name, id, updated_at, created_at, last_accessed_at, metadata
         from placed
         where $5 = '''' or (moment, name collate "C") %2$s (coalesce(nullif($6, '''')::timestamptz, ''epoch''), $5)
         order by moment %3$s, name collate "C" %3$s limit $4',
        sorted, case when is_up then '>' else '<' end, case when is_up then 'asc' else 'desc' end
      ) using coalesce(p_prefix, ''), p_bucket_id, p_level, p_limit, coalesce(p_start_after, ''), p_sort_column_after;
    end $$$f$,

    $f$create function storage.search_v2(
      prefix text, bucket_name text, limits integer default 100, levels integer default 1, start_after text default '',
      sort_order text default 'asc', sort_column text default 'name', sort_column_after text default ''
    ) returns table (
      key text, name text, id uuid, updated_at timestamptz, created_at timestamptz, last_accessed_at timestamptz,
      metadata jsonb
    ) language plpgsql stable as $$
    declare
      most constant integer := least(coalesce(limits, 100), 1500);
    begin
      if lower(sort_column) in ('updated_at', 'created_at') then
        return query select * from storage.search_by_timestamp(
          prefix, bucket_name, most, levels, start_after, sort_order, sort_column, sort_column_after);
      else
        return query
          select split_part(entry.name, '/', levels), entry.name, entry.id, entry.updated_at, entry.created_at,
            entry.last_accessed_at, entry.metadata
          from storage.list_objects_with_delimiter(bucket_name, prefix, '/', most, start_after, '', sort_order) as entry;
      end if;
    end $$$f$,

    -- Uploads under way, one for each key or folder.
    $f$create function storage.list_multipart_uploads_with_delimiter(
      bucket_id text, prefix_param text, delimiter_param text, max_keys integer default 100, next_key_token text default '',
      next_upload_token text default ''
    ) returns table (key text, id text, created_at timestamptz) language sql stable as $$
      select distinct on (entry.key) entry.key, entry.id, entry.created_at
      from (
        select coalesce(storage.get_common_prefix(upload.key, $2, $3), upload.key) collate "C" as key, upload.id,
          upload.created_at
        from storage.s3_multipart_uploads as upload
        where upload.bucket_id = $1 and upload.key >= $2 and upload.key < $2 || chr(1114111)
      ) as entry
      where case
        when $6 <> '' then entry.id collate "C" > $6
        else $5 = '' or entry.key > $5
      end
      order by entry.key, entry.created_at limit $4
    $$$f$
  ] loop
    continue when exists (
      select from pg_catalog.pg_proc
      where pronamespace = 'storage'::regnamespace and proname = substring(definition from 'storage\.(\w+)')
    );
    execute definition;
  end loop;
end $make$;

reset role;
