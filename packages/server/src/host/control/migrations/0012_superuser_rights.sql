-- What Postgres keeps for superusers and Supabase gives to `postgres` (supautils, in C): extensions that are not trusted, event
-- triggers, foreign data wrappers, publications of whole databases and schemas. Each is a function that takes values, checks
-- them, and makes the object `postgres`'s; the migration runner calls it in the statement's place. No text of a project is run.

create schema basalt_rights;
revoke all on schema basalt_rights from public;

-- The owner that ALTER … OWNER TO refuses for these (it wants a superuser), written as that would write it.
create function basalt_rights.give_to_postgres(catalog regclass, object oid) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  execute format('update %s set %I = %L::regrole where oid = $1', catalog,
    case catalog
      when 'pg_extension'::regclass then 'extowner'
      when 'pg_event_trigger'::regclass then 'evtowner'
      when 'pg_publication'::regclass then 'pubowner'
      when 'pg_foreign_data_wrapper'::regclass then 'fdwowner'
    end, 'postgres') using object;
  insert into pg_shdepend (dbid, classid, objid, objsubid, refclassid, refobjid, deptype)
  select oid, catalog, object, 0, 'pg_authid'::regclass, 'postgres'::regrole, 'o'
  from pg_database where datname = current_database();
end $$;

-- `{name, value, …}` → ` options (name 'value', …)`; empty for none.
create function basalt_rights.options(words text, given text[]) returns text
language sql set search_path = pg_catalog, pg_temp
as $$
  select coalesce(format(' %s (%s)', words, string_agg(
    case words when 'with' then format('%I = %L', given[i], given[i + 1]) else format('%I %L', given[i], given[i + 1]) end,
    ', ' order by i)), '')
  from generate_series(1, coalesce(array_length(given, 1), 0), 2) as i
  having count(*) > 0
$$;

-- What comes with Postgres: its scripts trust no name in the schema they are run in.
create function basalt_rights.is_contrib(name name) returns boolean
language sql immutable set search_path = pg_catalog, pg_temp
as $$
  select name = any (array[
    'autoinc', 'bloom', 'dblink', 'dict_xsyn', 'earthdistance', 'insert_username', 'moddatetime', 'pg_buffercache',
    'pg_prewarm', 'pg_stat_statements', 'pg_walinspect', 'pgrowlocks', 'pgstattuple', 'postgres_fdw', 'refint', 'sslinfo'
  ]::name[])
$$;

-- The extensions of Supabase's list that Postgres or their makers do not call trusted. Not those that read files or run programs.
create function basalt_rights.may_create(name name) returns boolean
language sql immutable set search_path = pg_catalog, pg_temp
as $$
  select basalt_rights.is_contrib(name) or name = any (array[
    'address_standardizer', 'address_standardizer_data_us', 'http', 'hypopg', 'index_advisor', 'pg_cron', 'pg_graphql',
    'pg_hashids', 'pg_jsonschema', 'pg_net', 'pg_partman', 'pg_repack', 'pg_stat_monitor', 'pg_tle', 'pgaudit', 'pgjwt', 'pgmq',
    'pgroonga', 'pgroonga_database', 'pgrouting', 'pgsodium', 'pgtap', 'plpgsql_check', 'plv8', 'postgis', 'postgis_raster',
    'postgis_sfcgal', 'postgis_tiger_geocoder', 'postgis_topology', 'rum', 'supabase_vault', 'timescaledb', 'vector', 'wrappers'
  ]::name[])
$$;

-- Scripts of others call functions by bare names: a schema with a project's own would lend them a superuser's rights.
create function basalt_rights.refuse_foreign_names(extension name, schema name) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  if basalt_rights.is_contrib(extension) then
    return;
  end if;
  if exists (
    select from pg_namespace join (
      select pronamespace as schema, proowner as owner from pg_proc
      union all select oprnamespace, oprowner from pg_operator
    ) as found on found.schema = pg_namespace.oid
    join pg_roles on pg_roles.oid = found.owner
    where nspname = refuse_foreign_names.schema and not rolsuper and rolname <> 'basalt_extensions'
  ) then
    raise exception 'extension "%" is not made with a superuser''s rights in schema "%", where the project has functions of its own', extension, schema
      using errcode = 'insufficient_privilege', hint = 'Create it before them, or in a schema without: with schema extensions.';
  end if;
end $$;

-- As with a trusted extension: the extension is `postgres`'s, what is in it the superuser's.
create function basalt_rights.create_extension(
  name name, schema name, version text, with_required boolean, missing_only boolean, default_schema name
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  before oid[] := array(select oid from pg_extension);
  fixed name := (
    select available.schema from pg_available_extension_versions as available
    where available.name = create_extension.name and available.schema is not null limit 1
  );
  target name := coalesce(create_extension.schema, fixed, default_schema);
  made record;
begin
  if missing_only and exists (select from pg_extension where extname = create_extension.name) then
    raise notice 'extension "%" already exists, skipping', name;
    return;
  end if;
  if not basalt_rights.may_create(name) then
    raise exception 'permission denied to create extension "%"', name using errcode = 'insufficient_privilege';
  end if;
  if target is null then
    raise exception 'no schema has been selected to create in' using errcode = 'invalid_schema_name';
  end if;
  if to_regnamespace(quote_ident(target)) is not null then
    if target is distinct from fixed and target <> 'pg_catalog' and not has_schema_privilege('postgres', target::text, 'create') then
      raise exception 'permission denied for schema %', target using errcode = 'insufficient_privilege';
    end if;
    perform basalt_rights.refuse_foreign_names(name, target);
  end if;
  execute format('create extension %I%s%s%s', name,
    case when schema is null and fixed is not null then '' else format(' schema %I', target) end,
    case when version is null then '' else format(' version %L', version) end,
    case when with_required then ' cascade' else '' end);
  for made in select oid, extname, extversion from pg_extension where oid <> all (before) loop
    -- what it requires came with it
    if not basalt_rights.may_create(made.extname) and not exists (
      select from pg_available_extension_versions as available
      where available.name = made.extname and available.version = made.extversion and available.trusted
    ) then
      raise exception 'permission denied to create extension "%"', made.extname using errcode = 'insufficient_privilege';
    end if;
    perform basalt_rights.give_to_postgres('pg_extension', made.oid);
    perform basalt_rights.open_to_postgres(made.oid, made.extname);
  end loop;
  notify pgrst, 'reload schema';
end $$;

-- What a superuser's extension keeps to itself and Supabase gives to `postgres`: its wrappers and its own schema.
create function basalt_rights.open_to_postgres(extension oid, name name) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  member text;
begin
  for member in
    select fdwname from pg_depend join pg_foreign_data_wrapper on pg_foreign_data_wrapper.oid = objid
    where refclassid = 'pg_extension'::regclass and refobjid = extension
      and classid = 'pg_foreign_data_wrapper'::regclass and deptype = 'e'
  loop
    execute format('grant usage on foreign data wrapper %I to postgres with grant option', member);
  end loop;
  for member in
    select nspname from pg_depend join pg_namespace on pg_namespace.oid = objid
    where refclassid = 'pg_extension'::regclass and refobjid = extension
      and classid = 'pg_namespace'::regclass and deptype = 'e'
  loop
    execute format('grant usage on schema %I to postgres with grant option', member);
  end loop;
  if name = 'pg_cron' and to_regclass('cron.job_run_details') is not null then
    -- jobs are made by its functions: a row could name another role to run as
    grant select on cron.job to postgres with grant option;
    grant all on cron.job_run_details to postgres with grant option;
  end if;
end $$;

create function basalt_rights.update_extension(name name, version text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  found record;
begin
  select extowner::regrole::text as owner, nspname into found
  from pg_extension join pg_namespace on pg_namespace.oid = extnamespace where extname = update_extension.name;
  if found.owner is distinct from 'postgres' or not basalt_rights.may_create(name) then
    raise exception 'must be owner of extension %', name using errcode = 'insufficient_privilege';
  end if;
  perform basalt_rights.refuse_foreign_names(name, found.nspname);
  execute format('alter extension %I update%s', name, case when version is null then '' else format(' to %L', version) end);
  notify pgrst, 'reload schema';
end $$;

create function basalt_rights.move_extension(name name, schema name) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (select from pg_extension where extname = move_extension.name and extowner = 'postgres'::regrole) then
    raise exception 'must be owner of extension %', name using errcode = 'insufficient_privilege';
  end if;
  if to_regnamespace(quote_ident(schema)) is not null and not has_schema_privilege('postgres', schema::text, 'create') then
    raise exception 'permission denied for schema %', schema using errcode = 'insufficient_privilege';
  end if;
  execute format('alter extension %I set schema %I', name, schema);
  notify pgrst, 'reload schema';
end $$;

-- One that fires runs as whoever made the change, so at a login or in the hands of a superuser it must not (see the guard).
create function basalt_rights.create_event_trigger(name name, event text, tags text[], function regprocedure) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  called record;
begin
  if event is null or event not in ('ddl_command_start', 'ddl_command_end', 'sql_drop', 'table_rewrite') then
    raise exception 'event triggers on % are not offered: they would run in the sessions of everybody', event
      using errcode = 'insufficient_privilege';
  end if;
  select nspname, proname, proowner into called
  from pg_proc join pg_namespace on pg_namespace.oid = pronamespace where pg_proc.oid = function;
  if not pg_has_role('postgres', called.proowner, 'member') then
    raise exception 'must be owner of function %', called.proname using errcode = 'insufficient_privilege';
  end if;
  execute format('create event trigger %I on %s%s execute function %I.%I()', name, event,
    case when tags is null then '' else (select format(' when tag in (%s)', string_agg(quote_literal(tag), ', ')) from unnest(tags) as tag) end,
    called.nspname, called.proname);
  perform basalt_rights.give_to_postgres('pg_event_trigger',
    (select oid from pg_event_trigger where evtname = create_event_trigger.name));
end $$;

-- Handlers and validators run with the rights of whoever asks for them: only a superuser's, in C or of an extension.
create function basalt_rights.name_of_wrapper_function(function regprocedure) returns text
language plpgsql strict set search_path = pg_catalog, pg_temp
as $$
declare
  called record;
begin
  select nspname, proname, rolsuper, lanname,
    exists (select from pg_depend where classid = 'pg_proc'::regclass and objid = pg_proc.oid and deptype = 'e') as is_member
  into called
  from pg_proc join pg_namespace on pg_namespace.oid = pronamespace
  join pg_roles on pg_roles.oid = proowner join pg_language on pg_language.oid = prolang
  where pg_proc.oid = function;
  if not called.rolsuper or not (called.is_member or called.lanname in ('c', 'internal')) then
    raise exception 'function % is not of an extension: it would run with a superuser''s rights', called.proname
      using errcode = 'insufficient_privilege';
  end if;
  return format('%I.%I', called.nspname, called.proname);
end $$;

create function basalt_rights.create_foreign_data_wrapper(
  name name, handler regprocedure, validator regprocedure, given text[]
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  execute format('create foreign data wrapper %I%s%s%s', name,
    coalesce(' handler ' || basalt_rights.name_of_wrapper_function(handler), ''),
    coalesce(' validator ' || basalt_rights.name_of_wrapper_function(validator), ''),
    coalesce(basalt_rights.options('options', given), ''));
  perform basalt_rights.give_to_postgres('pg_foreign_data_wrapper',
    (select oid from pg_foreign_data_wrapper where fdwname = create_foreign_data_wrapper.name));
end $$;

create function basalt_rights.create_publication(name name, schemas name[], given text[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  execute format('create publication %I for %s%s', name,
    case when schemas is null then 'all tables'
      else (select 'tables in schema ' || string_agg(quote_ident(schema), ', ') from unnest(schemas) as schema) end,
    coalesce(basalt_rights.options('with', given), ''));
  perform basalt_rights.give_to_postgres('pg_publication',
    (select oid from pg_publication where pubname = create_publication.name));
end $$;

create function basalt_rights.alter_publication(name name, action text, schemas name[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (select from pg_publication where pubname = alter_publication.name and pubowner = 'postgres'::regrole) then
    raise exception 'must be owner of publication %', name using errcode = 'insufficient_privilege';
  end if;
  if action is null or action not in ('add', 'set', 'drop') then
    raise exception 'unknown action %', action using errcode = 'invalid_parameter_value';
  end if;
  execute format('alter publication %I %s tables in schema %s', name, action,
    (select string_agg(quote_ident(schema), ', ') from unnest(schemas) as schema));
end $$;

-- A foreign key to the vault. The right to make one is nobody's: what it compares with is run as the owner of the secrets,
-- a superuser, and for a column of another type than theirs that is a cast of the project. Of their type it is nobody's code.
create function basalt_rights.refer_to_secret(referrer regclass, name name, column_name name, on_delete text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (
    select from pg_class where oid = referrer and relkind = 'r' and pg_has_role('postgres', relowner, 'member')
  ) then
    raise exception 'must be owner of table %', referrer using errcode = 'insufficient_privilege';
  end if;
  if not exists (
    select from pg_attribute
    where attrelid = referrer and attname = column_name and atttypid = 'uuid'::regtype and attgenerated = '' and not attisdropped
  ) then
    raise exception 'permission denied for table secrets' using errcode = 'insufficient_privilege';
  end if;
  if on_delete is null or on_delete not in ('no action', 'restrict', 'cascade', 'set null', 'set default') then
    raise exception 'unknown action %', on_delete using errcode = 'invalid_parameter_value';
  end if;
  execute format('alter table %s add constraint %I foreign key (%I) references vault.secrets (id) on delete %s',
    referrer, name, column_name, on_delete);
end $$;

-- The script of a trusted extension runs as the superuser in the session of whoever creates it: from there on, until the
-- transaction ends, no event trigger of the project fires.
create function basalt_rights.silence_event_triggers() returns event_trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (select from pg_event_trigger join pg_roles on pg_roles.oid = evtowner where not rolsuper) then
    perform set_config('event_triggers', 'off', true);
    notify pgrst, 'reload schema';
  end if;
end $$;

do $$
declare
  definer regprocedure;
  -- the setting that keeps event triggers out of a superuser's functions
  can_silence boolean := current_setting('server_version_num')::int >= 170000;
begin
  -- not ours to give; or Supabase's own mechanism gives it
  if not (select rolsuper from pg_catalog.pg_roles where rolname = current_user)
    or (select rolsuper from pg_catalog.pg_roles where rolname = 'postgres')
    or current_setting('supautils.privileged_role', true) is not null then
    drop schema basalt_rights cascade;
    return;
  end if;
  revoke all on all functions in schema basalt_rights from public;
  grant usage on schema basalt_rights to postgres;
  for definer in select oid from pg_catalog.pg_proc where pronamespace = 'basalt_rights'::regnamespace and prosecdef loop
    execute format('grant execute on function %s to postgres', definer);
    if can_silence then
      execute format('alter function %s set event_triggers = off', definer);
    end if;
  end loop;
  revoke all on function basalt_rights.silence_event_triggers() from postgres;
  if to_regrole('pg_create_subscription') is not null and not pg_has_role('postgres', 'pg_create_subscription', 'member') then
    begin
      grant pg_create_subscription to postgres;
    -- another database of the server does so at this very moment
    exception when unique_violation or internal_error then null;
    end;
  end if;
  -- what was made before the project, and is the project's to drop
  perform basalt_rights.give_to_postgres('pg_extension', oid)
  from pg_catalog.pg_extension
  where extname in ('uuid-ossp', 'pgcrypto', 'pg_stat_statements') and extowner = current_user::regrole;
  if not can_silence then
    drop function basalt_rights.create_event_trigger(name, text, text[], regprocedure);
    return;
  end if;
  alter function basalt_rights.silence_event_triggers() reset event_triggers;
  create event trigger basalt_guard on ddl_command_start
    when tag in ('CREATE EXTENSION', 'ALTER EXTENSION')
    execute function basalt_rights.silence_event_triggers();
  -- also under session_replication_role = replica, which `postgres` may set
  alter event trigger basalt_guard enable always;
end $$;
