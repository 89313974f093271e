-- Keys of the project's own customers, what they used, and documents of theirs. All of it is the project owner's, as if a
-- migration of the project had made it; what is there already is taken over where its columns are these.

do $$
begin
  perform set_config('role', 'postgres', true);
  perform set_config('role', 'none', true);
exception when insufficient_privilege then
  raise exception 'API keys cannot be enabled: % may not become postgres, who is to own their tables', current_user
    using errcode = 'object_not_in_prerequisite_state', hint = format('grant postgres to %I', current_user);
end $$;

do $$
declare
  problem text;
begin
  select format('%s.%s', expected.relation, expected.attribute) || coalesce(' is ' || format_type(found.atttypid, found.atttypmod), ' is missing')
      || format(', not %s', expected.type)
    into problem
  from (values
    ('api_keys', 'id', 'uuid'), ('api_keys', 'user_id', 'uuid'), ('api_keys', 'key_hash', 'text'), ('api_keys', 'name', 'text'),
    ('api_keys', 'permissions', 'jsonb'), ('api_keys', 'rate_limit', 'integer'), ('api_keys', 'monthly_quota', 'integer'),
    ('api_keys', 'usage_count', 'integer'), ('api_keys', 'last_used_at', 'timestamp with time zone'),
    ('api_keys', 'expires_at', 'timestamp with time zone'), ('api_keys', 'created_at', 'timestamp with time zone'),
    ('api_keys', 'updated_at', 'timestamp with time zone'),
    ('documents', 'id', 'uuid'), ('documents', 'user_id', 'uuid'), ('documents', 'path', 'text'), ('documents', 'title', 'text'),
    ('documents', 'content', 'text'), ('documents', 'content_hash', 'text'), ('documents', 'tags', 'text[]'),
    ('documents', 'metadata', 'jsonb'), ('documents', 'created_at', 'timestamp with time zone'),
    ('documents', 'updated_at', 'timestamp with time zone'),
    ('usage_metrics', 'api_key_id', 'uuid'), ('usage_metrics', 'endpoint', 'text'), ('usage_metrics', 'method', 'text'),
    ('usage_metrics', 'status_code', 'integer'), ('usage_metrics', 'response_time_ms', 'integer'),
    ('usage_metrics', 'tokens_used', 'integer'), ('usage_metrics', 'created_at', 'timestamp with time zone'),
    ('token_usage', 'id', 'bigint'), ('token_usage', 'api_key_id', 'uuid'), ('token_usage', 'repository_id', 'uuid'),
    ('token_usage', 'job_id', 'uuid'), ('token_usage', 'usage_type', 'text'), ('token_usage', 'tokens_used', 'integer'),
    ('token_usage', 'created_at', 'timestamp with time zone')
  ) as expected (relation, attribute, type)
  join pg_catalog.pg_class relation on relation.relname = expected.relation and relation.relnamespace = 'public'::regnamespace
  left join pg_catalog.pg_attribute found
    on found.attrelid = relation.oid and found.attname = expected.attribute and not found.attisdropped
  where relation.relkind <> 'r' or found.atttypid is null or format_type(found.atttypid, found.atttypmod) <> expected.type
  limit 1;
  if problem is not null then
    raise exception 'API keys cannot be enabled: the database has a relation of one of their names with other columns (public.%)', problem
      using errcode = 'object_not_in_prerequisite_state',
        hint = 'Rename it, or give it the columns of docs/api-keys.md; nothing was changed.';
  end if;
end $$;

create schema if not exists basalt_keys authorization postgres;
set local role postgres;
grant usage on schema basalt_keys to public;

-- What a user may ask for; written by the platform from basalt.api_keys.*.
create table basalt_keys.settings (
  only_row boolean primary key default true check (only_row),
  max_rate_limit integer not null default 1000,
  max_monthly_quota integer not null default 1000000,
  max_keys_per_user integer not null default 100
);
insert into basalt_keys.settings default values;
revoke all on basalt_keys.settings from public, anon, authenticated, service_role;
grant select on basalt_keys.settings to public;
grant update on basalt_keys.settings to service_role;

-- The column `key`: what is stored is a name for the key, `transaction:id`. The key itself is made of that name and a secret
-- that lives as long as the transaction, so that the answer to the insert can tell it, and nothing else ever can. A range,
-- because of all types that SQL alone can make it is the one that to_json asks for a cast.
create type basalt_keys.once as range (subtype = text, collation = "C");

create function basalt_keys.derive_key(secret text, name text) returns text
language sql immutable strict parallel safe set search_path = ''
as $$
  select 'basalt_ak_' || body || substr(translate(encode(sha256(convert_to('basalt_ak_' || body, 'utf8')), 'base64'), E'+/=\n', '-_'), 1, 6)
  from (select translate(encode(sha256(convert_to(secret || encode(sha256(convert_to(secret || name, 'utf8')), 'hex'), 'utf8')), 'base64'), E'+/=\n', '-_')) made (body)
$$;

create function basalt_keys.hash_key(key text) returns text
language sql immutable strict parallel safe set search_path = ''
as $$ select encode(sha256(convert_to(key, 'utf8')), 'hex') $$;

-- `transaction:secret`; the same for every row of a transaction.
create function basalt_keys.transaction_secret() returns text
language plpgsql volatile set search_path = ''
as $$
declare
  known text := current_setting('basalt.api_key_secret', true);
  this_transaction text := pg_current_xact_id()::text;
begin
  if split_part(known, ':', 1) = this_transaction then return known; end if;
  known := this_transaction || ':' || encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'hex');
  perform set_config('basalt.api_key_secret', known, true);
  return known;
end $$;

-- The key, in the transaction that made it; null ever after. Null in triggers too: an audit or a webhook of the project
-- that keeps whole rows does not keep keys.
create function basalt_keys.reveal(name basalt_keys.once) returns text
language sql stable strict set search_path = ''
as $$
  select case when pg_trigger_depth() = 0
      and split_part(lower(name), ':', 1) = split_part(current_setting('basalt.api_key_secret', true), ':', 1)
    then basalt_keys.derive_key(split_part(current_setting('basalt.api_key_secret', true), ':', 2), lower(name)) end
$$;
create function basalt_keys.to_json(name basalt_keys.once) returns json
language sql stable strict set search_path = ''
as $$ select coalesce(to_json(basalt_keys.reveal(name)), 'null'::json) $$;
create cast (basalt_keys.once as json) with function basalt_keys.to_json(basalt_keys.once);
create cast (basalt_keys.once as text) with function basalt_keys.reveal(basalt_keys.once);

create table if not exists public.api_keys (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  key_hash text not null unique default '',
  name text not null,
  permissions jsonb not null default '{"read": true, "write": false}',
  rate_limit integer not null default 60,
  monthly_quota integer not null default 1000000,
  usage_count integer not null default 0,
  last_used_at timestamptz,
  expires_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.api_keys
  add column if not exists allowed_ips cidr[],
  add column if not exists usage_month date,
  add column if not exists key basalt_keys.once,
  alter column user_id set default auth.uid(),
  alter column key_hash set default '';
comment on column public.api_keys.key is 'The key itself, in the answer to the insert only; null ever after.';
comment on column public.api_keys.usage_count is 'Requests in usage_month.';

create table if not exists public.documents (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  path text not null,
  title text,
  content text,
  content_hash text,
  tags text[],
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (user_id, path)
);

create table if not exists public.usage_metrics (
  id bigint generated always as identity primary key,
  api_key_id uuid not null,
  endpoint text not null,
  method text not null,
  status_code integer not null,
  response_time_ms integer not null,
  tokens_used integer not null default 0,
  created_at timestamptz not null default now()
);

create table if not exists public.token_usage (
  id bigint generated always as identity primary key,
  api_key_id uuid not null references public.api_keys (id) on delete cascade,
  repository_id uuid,
  job_id uuid,
  usage_type text not null,
  tokens_used integer not null,
  created_at timestamptz not null default now()
);

create index if not exists idx_api_keys_user_id on public.api_keys (user_id);
create index if not exists idx_api_keys_key_hash on public.api_keys (key_hash);
create index if not exists idx_documents_user_path on public.documents (user_id, path);
create index if not exists idx_usage_metrics_api_key on public.usage_metrics (api_key_id, created_at);
-- for the sweep of old rows; they come in the order of their time, so this costs next to nothing
create index if not exists idx_usage_metrics_created_at on public.usage_metrics using brin (created_at);
create index if not exists idx_token_usage_api_key on public.token_usage (api_key_id, created_at);

-- repositories and jobs of the project's own, where there are some
do $$
begin
  if to_regclass('public.repositories') is not null and not exists (
    select from pg_catalog.pg_constraint where conrelid = 'public.token_usage'::regclass and confrelid = to_regclass('public.repositories'))
  then
    alter table public.token_usage add foreign key (repository_id) references public.repositories (id) on delete set null;
  end if;
  if to_regclass('public.indexing_jobs') is not null and not exists (
    select from pg_catalog.pg_constraint where conrelid = 'public.token_usage'::regclass and confrelid = to_regclass('public.indexing_jobs'))
  then
    alter table public.token_usage add foreign key (job_id) references public.indexing_jobs (id) on delete set null;
  end if;
end $$;

alter table public.api_keys enable row level security;
alter table public.documents enable row level security;
alter table public.usage_metrics enable row level security;
alter table public.token_usage enable row level security;
revoke truncate, references, trigger on public.api_keys, public.documents, public.usage_metrics, public.token_usage from anon, authenticated;
grant select, insert, update, delete on public.api_keys, public.documents to anon, authenticated, service_role;
revoke insert, update, delete on public.usage_metrics, public.token_usage from anon, authenticated;
grant select on public.usage_metrics, public.token_usage to anon, authenticated;
grant select, insert, update, delete on public.usage_metrics, public.token_usage to service_role;

do $$
declare
  wanted record;
begin
  for wanted in
    select relation, command, format('Users can %s own %s', case command when 'select' then 'view' when 'insert' then 'create' else command end, replace(relation, '_', ' ')) as name
    from unnest(array['api_keys', 'documents']) relation, unnest(array['select', 'insert', 'update', 'delete']) command
  loop
    execute format('drop policy if exists %I on public.%I', wanted.name, wanted.relation);
    execute format('create policy %I on public.%I for %s %s %s', wanted.name, wanted.relation, wanted.command,
      case when wanted.command <> 'insert' then 'using ((select auth.uid()) = user_id)' end,
      case when wanted.command in ('insert', 'update') then 'with check ((select auth.uid()) = user_id)' end);
  end loop;
  for wanted in select relation, format('Users can view own %s', replace(relation, '_', ' ')) as name from unnest(array['usage_metrics', 'token_usage']) relation loop
    execute format('drop policy if exists %I on public.%I', wanted.name, wanted.relation);
    execute format('create policy %I on public.%I for select using (api_key_id in (select id from public.api_keys where user_id = (select auth.uid())))',
      wanted.name, wanted.relation);
  end loop;
end $$;

-- Who may do all: the service role and the owner. Everybody else is a user, whatever the role is called.
create function basalt_keys.is_service() returns boolean
language sql stable set search_path = ''
as $$ select pg_has_role(current_user, 'service_role', 'member') or current_user = 'postgres' $$;

create function basalt_keys.refuse(message text, hint text default null) returns void
language plpgsql set search_path = ''
as $$
begin
  raise exception '%', message using errcode = '42501', hint = coalesce(hint, '');
end $$;

-- Whoever has a key is not yet who may make keys.
create function basalt_keys.refuse_caller_with_key() returns void
language plpgsql stable set search_path = ''
as $$
begin
  if auth.jwt() ? 'api_key_id' then
    perform basalt_keys.refuse('API keys are not made or changed with an API key', 'Sign in as the user.');
  end if;
end $$;

create function basalt_keys.check_values(asked public.api_keys) returns void
language plpgsql stable set search_path = ''
as $$
declare
  wrong text;
begin
  wrong := case
    when asked.name is null or length(asked.name) not between 1 and 200 then 'name has between 1 and 200 characters'
    when jsonb_typeof(asked.permissions) is distinct from 'object'
      or coalesce(jsonb_typeof(asked.permissions -> 'read'), 'boolean') <> 'boolean'
      or coalesce(jsonb_typeof(asked.permissions -> 'write'), 'boolean') <> 'boolean'
      or length(asked.permissions::text) > 2000
      then 'permissions is an object like {"read": true, "write": false}, of 2000 characters at most'
    when asked.rate_limit is null or asked.rate_limit < 0 then 'rate_limit is not negative'
    when asked.monthly_quota is null or asked.monthly_quota < 0 then 'monthly_quota is not negative'
    when cardinality(asked.allowed_ips) > 100 then 'allowed_ips has 100 ranges at most'
  end;
  if wrong is not null then
    raise exception 'invalid API key: %', wrong using errcode = '22023';
  end if;
end $$;

create function basalt_keys.check_limits(asked public.api_keys) returns void
language plpgsql stable set search_path = ''
as $$
declare
  limits basalt_keys.settings;
begin
  select * into limits from basalt_keys.settings;
  if asked.rate_limit > limits.max_rate_limit then
    perform basalt_keys.refuse(format('rate_limit is %s at most', limits.max_rate_limit), 'The project sets it in basalt.api_keys.max_rate_limit.');
  end if;
  if asked.monthly_quota > limits.max_monthly_quota then
    perform basalt_keys.refuse(format('monthly_quota is %s at most', limits.max_monthly_quota), 'The project sets it in basalt.api_keys.max_monthly_quota.');
  end if;
end $$;

create function basalt_keys.before_insert() returns trigger
language plpgsql set search_path = ''
as $$
declare
  secret text;
  name text;
  most integer;
begin
  perform basalt_keys.check_values(new);
  if not basalt_keys.is_service() then
    perform basalt_keys.refuse_caller_with_key();
    if new.key_hash <> '' or new.usage_count <> 0 or new.usage_month is not null or new.last_used_at is not null then
      perform basalt_keys.refuse('key_hash, usage_count, usage_month and last_used_at are not a user''s to set');
    end if;
    new.created_at := now();
    perform basalt_keys.check_limits(new);
    select max_keys_per_user into most from basalt_keys.settings;
    perform pg_advisory_xact_lock(hashtextextended('basalt_keys ' || new.user_id, 0));
    if (select count(*) from public.api_keys where user_id = new.user_id) >= most then
      perform basalt_keys.refuse(format('a user has %s API keys at most', most), 'Delete one that is not used any more.');
    end if;
  elsif new.key_hash <> '' then
    -- of a key that was made elsewhere
    new.key := null;
    return new;
  end if;
  secret := basalt_keys.transaction_secret();
  name := split_part(secret, ':', 1) || ':' || new.id;
  new.key := basalt_keys.once(name, name, '[]');
  new.key_hash := basalt_keys.hash_key(basalt_keys.derive_key(split_part(secret, ':', 2), name));
  return new;
end $$;

create function basalt_keys.before_update() returns trigger
language plpgsql set search_path = ''
as $$
begin
  new.key := old.key;
  if new.id <> old.id then
    perform basalt_keys.refuse('the id of an API key does not change');
  end if;
  if not basalt_keys.is_service() then
    perform basalt_keys.refuse_caller_with_key();
    if (new.id, new.user_id, new.key_hash, new.usage_count, new.created_at) is distinct from
       (old.id, old.user_id, old.key_hash, old.usage_count, old.created_at)
      or new.last_used_at is distinct from old.last_used_at or new.usage_month is distinct from old.usage_month then
      perform basalt_keys.refuse('id, user_id, key_hash, usage_count, usage_month, last_used_at and created_at of an API key are not a user''s to set');
    end if;
    if (new.permissions -> 'read' = 'true' and old.permissions -> 'read' is distinct from 'true')
      or (new.permissions -> 'write' = 'true' and old.permissions -> 'write' is distinct from 'true') then
      perform basalt_keys.refuse('an API key does not get more permissions', 'Make another key.');
    end if;
    if new.rate_limit > old.rate_limit or new.monthly_quota > old.monthly_quota then
      perform basalt_keys.check_limits(new);
    end if;
  end if;
  if (new.user_id, new.key_hash, new.name, new.permissions, new.rate_limit, new.monthly_quota) is distinct from
     (old.user_id, old.key_hash, old.name, old.permissions, old.rate_limit, old.monthly_quota)
    or new.expires_at is distinct from old.expires_at or new.allowed_ips is distinct from old.allowed_ips then
    perform basalt_keys.check_values(new);
    new.updated_at := now();
  end if;
  return new;
end $$;

create function basalt_keys.before_delete() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if not basalt_keys.is_service() then perform basalt_keys.refuse_caller_with_key(); end if;
  return old;
end $$;

-- Every node forgets the key.
create function basalt_keys.announce() returns trigger
language plpgsql set search_path = ''
as $$
begin
  perform pg_notify('basalt_api_keys', old.id::text);
  return null;
end $$;

create trigger basalt_before_insert before insert on public.api_keys for each row execute function basalt_keys.before_insert();
create trigger basalt_before_update before update on public.api_keys for each row execute function basalt_keys.before_update();
create trigger basalt_before_delete before delete on public.api_keys for each row execute function basalt_keys.before_delete();
create trigger basalt_announce_delete after delete on public.api_keys for each row execute function basalt_keys.announce();
create trigger basalt_announce_update after update on public.api_keys for each row
  when (old.user_id is distinct from new.user_id or old.key_hash is distinct from new.key_hash
    or old.permissions is distinct from new.permissions or old.rate_limit is distinct from new.rate_limit
    or old.monthly_quota is distinct from new.monthly_quota or old.expires_at is distinct from new.expires_at
    or old.allowed_ips is distinct from new.allowed_ips or new.usage_count < old.usage_count)
  execute function basalt_keys.announce();

-- A foreign key is checked row by row, which costs twice what the row itself does, at every request with a key. Postgres 18
-- lets it be declared and kept elsewhere: once a statement, with the same locks. Before 18, and where there is one already,
-- it is a usual one.
create function basalt_keys.check_usage() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  found_keys integer;
begin
  perform from public.api_keys where id in (select api_key_id from added) for key share;
  get diagnostics found_keys = row_count;
  if found_keys < (select count(distinct api_key_id) from added) then
    raise exception 'insert or update on table "usage_metrics" violates foreign key constraint "usage_metrics_api_key_id_fkey"'
      using errcode = '23503', detail = 'A key is not present in table "api_keys".', schema = 'public',
        table = 'usage_metrics', constraint = 'usage_metrics_api_key_id_fkey';
  end if;
  return null;
end $$;

create function basalt_keys.delete_usage() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  delete from public.usage_metrics where api_key_id = old.id;
  return null;
end $$;

do $$
declare
  reference text := 'alter table public.usage_metrics add constraint usage_metrics_api_key_id_fkey
    foreign key (api_key_id) references public.api_keys (id) on delete cascade';
begin
  if exists (
    select from pg_catalog.pg_constraint
    where conrelid = 'public.usage_metrics'::regclass and confrelid = 'public.api_keys'::regclass)
  then
    return;
  end if;
  if current_setting('server_version_num')::integer < 180000 then
    execute reference;
    return;
  end if;
  execute reference || ' not enforced';
  create trigger basalt_check_added after insert on public.usage_metrics
    referencing new table as added for each statement execute function basalt_keys.check_usage();
  create trigger basalt_check_changed after update on public.usage_metrics
    referencing new table as added for each statement execute function basalt_keys.check_usage();
  create trigger basalt_delete_usage after delete on public.api_keys
    for each row execute function basalt_keys.delete_usage();
end $$;

create function basalt_keys.touch() returns trigger
language plpgsql set search_path = ''
as $$
begin
  new.updated_at := now();
  return new;
end $$;
create trigger basalt_touch before update on public.documents for each row execute function basalt_keys.touch();

-- What a gateway has to know of keys: the key, its limits, the claims of its user. For the service role alone.
create function basalt_keys.find(hashes text[])
returns table (key_hash text, id uuid, permissions jsonb, rate_limit integer, monthly_quota integer, used integer,
  expires_at_ms bigint, allowed_ips text[], is_banned boolean, claims json)
language sql stable security definer set search_path = ''
as $$
  select keys.key_hash, keys.id, keys.permissions, keys.rate_limit, keys.monthly_quota,
    case when keys.usage_month = date_trunc('month', now() at time zone 'UTC')::date then keys.usage_count else 0 end,
    (extract(epoch from case when isfinite(keys.expires_at) then keys.expires_at end) * 1000)::bigint,
    keys.allowed_ips::text[],
    coalesce(users.banned_until > now(), false),
    json_build_object(
      'aud', 'authenticated', 'role', 'authenticated', 'sub', users.id,
      'exp', coalesce(floor(extract(epoch from case when isfinite(keys.expires_at) then keys.expires_at end))::bigint, 253402300799),
      'email', coalesce(users.email, ''), 'phone', coalesce(users.phone, ''),
      'app_metadata', coalesce(users.raw_app_meta_data, '{}'), 'user_metadata', coalesce(users.raw_user_meta_data, '{}'),
      'is_anonymous', users.is_anonymous, 'aal', 'aal1', 'amr', json_build_array(json_build_object('method', 'api_key')),
      'api_key_id', keys.id, 'api_key_permissions', keys.permissions)
  from public.api_keys keys
  join auth.users users on users.id = keys.user_id and users.deleted_at is null
  where keys.key_hash = any (hashes)
$$;
revoke all on function basalt_keys.find(text[]) from public;
grant execute on function basalt_keys.find(text[]) to service_role;

-- As `K19` to `K21` ask in SQL; under the caller's policies.
create or replace function public.check_rate_limit(key_id uuid) returns boolean
language sql stable set search_path = ''
as $$
  select coalesce((
    select (select count(*) from public.usage_metrics
            where api_key_id = keys.id and created_at > now() - interval '1 minute') < keys.rate_limit
    from public.api_keys keys where keys.id = key_id), false)
$$;
create or replace function public.check_monthly_quota(key_id uuid) returns boolean
language sql stable set search_path = ''
as $$
  select coalesce((
    select case when keys.usage_month = date_trunc('month', now() at time zone 'UTC')::date then keys.usage_count else 0 end < keys.monthly_quota
    from public.api_keys keys where keys.id = key_id), false)
$$;

create or replace view public.api_key_stats with (security_invoker = true) as
  select keys.id as api_key_id, keys.user_id, keys.name, keys.rate_limit, keys.monthly_quota,
    case when keys.usage_month = date_trunc('month', now() at time zone 'UTC')::date then keys.usage_count else 0 end as used_this_month,
    keys.last_used_at, keys.expires_at,
    lately.requests_last_minute, lately.requests_last_day, lately.errors_last_day, lately.avg_response_time_ms, lately.tokens_last_day
  from public.api_keys keys
  cross join lateral (
    select count(*) filter (where metrics.created_at > now() - interval '1 minute') as requests_last_minute,
      count(*) as requests_last_day,
      count(*) filter (where metrics.status_code >= 400) as errors_last_day,
      avg(metrics.response_time_ms)::double precision as avg_response_time_ms,
      coalesce(sum(metrics.tokens_used), 0)::bigint as tokens_last_day
    from public.usage_metrics metrics
    where metrics.api_key_id = keys.id and metrics.created_at > now() - interval '1 day'
  ) lately;
revoke all on public.api_key_stats from anon, authenticated, service_role;
grant select on public.api_key_stats to anon, authenticated, service_role;

notify pgrst, 'reload schema';
reset role;
