-- Keys of customers, their usage, and documents. Where `basalt apikeys enable` has made these tables, they are taken as they
-- are, and its triggers go on guarding them; it takes over these in turn.

create schema if not exists code;
revoke all on schema code from public;
grant usage on schema code to anon, authenticated, service_role;

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
  alter column user_id set default auth.uid(),
  alter column key_hash set default '';

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
  api_key_id uuid not null references public.api_keys (id) on delete cascade,
  endpoint text not null,
  method text not null,
  status_code integer not null,
  response_time_ms integer not null,
  tokens_used integer not null default 0,
  created_at timestamptz not null default now()
);

create index if not exists idx_api_keys_user_id on public.api_keys (user_id);
create index if not exists idx_api_keys_key_hash on public.api_keys (key_hash);
create index if not exists idx_documents_user_path on public.documents (user_id, path);
create index if not exists idx_usage_metrics_api_key on public.usage_metrics (api_key_id, created_at);
create index if not exists idx_usage_metrics_created_at on public.usage_metrics using brin (created_at);

-- words of documents: the title weighs more
create or replace function code.document_words(title text, content text) returns tsvector
language sql immutable parallel safe set search_path = ''
as $$
  select pg_catalog.setweight(pg_catalog.to_tsvector('pg_catalog.english', coalesce(left(title, 10000), '')), 'A')
    || pg_catalog.setweight(pg_catalog.to_tsvector('pg_catalog.english', coalesce(left(content, 500000), '')), 'B')
$$;
create index if not exists idx_documents_words on public.documents using gin (code.document_words(title, content));

alter table public.api_keys enable row level security;
alter table public.documents enable row level security;
alter table public.usage_metrics enable row level security;
revoke truncate, references, trigger on public.api_keys, public.documents, public.usage_metrics from anon, authenticated;
grant select, insert, update, delete on public.api_keys, public.documents to anon, authenticated, service_role;
revoke insert, update, delete on public.usage_metrics from anon, authenticated;
grant select on public.usage_metrics to anon, authenticated;
grant select, insert, update, delete on public.usage_metrics to service_role;

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
end $$;
drop policy if exists "Users can view own usage metrics" on public.usage_metrics;
create policy "Users can view own usage metrics" on public.usage_metrics for select
  using (api_key_id in (select id from public.api_keys where user_id = (select auth.uid())));

create or replace function code.is_service() returns boolean
language sql stable set search_path = ''
as $$ select pg_has_role(current_user, 'service_role', 'member') or current_user in ('service_role', 'postgres') $$;

-- Limits and counts of a key are not its user's to set. Where Basalt's own triggers are, they say all this.
create or replace function code.guard_api_key() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if to_regclass('basalt_keys.settings') is not null or code.is_service() then return new; end if;
  if auth.jwt() ? 'api_key_id' then
    raise exception 'API keys are not made or changed with an API key' using errcode = '42501', hint = 'Sign in as the user.';
  end if;
  if new.rate_limit not between 0 and 1000 or new.monthly_quota not between 0 and 1000000
    or length(new.name) not between 1 and 200 or jsonb_typeof(new.permissions) <> 'object'
    or length(new.permissions::text) > 2000 or cardinality(new.allowed_ips) > 100
  then
    raise exception 'an API key has a name of 1 to 200 characters, a rate_limit up to 1000, a monthly_quota up to 1000000, permissions like {"read": true, "write": false}'
      using errcode = '42501';
  end if;
  if tg_op = 'INSERT' then
    new.key_hash := 'unissued:' || gen_random_uuid();
    new.usage_count := 0;
    new.usage_month := null;
    new.last_used_at := null;
    new.created_at := now();
    perform pg_advisory_xact_lock(hashtextextended('code.api_keys ' || new.user_id, 0));
    if (select count(*) from public.api_keys where user_id = new.user_id) >= 100 then
      raise exception 'a user has 100 API keys at most' using errcode = '42501', hint = 'Delete one that is not used any more.';
    end if;
  else
    if (new.id, new.user_id, new.key_hash, new.usage_count, new.usage_month, new.last_used_at, new.created_at)
      is distinct from (old.id, old.user_id, old.key_hash, old.usage_count, old.usage_month, old.last_used_at, old.created_at)
    then
      raise exception 'id, user_id, key_hash, usage_count, usage_month, last_used_at and created_at are not a user''s to set'
        using errcode = '42501', hint = 'issue_api_key makes a new key.';
    end if;
    new.updated_at := now();
  end if;
  return new;
end $$;
create or replace trigger code_guard before insert or update on public.api_keys
  for each row execute function code.guard_api_key();

-- Every node forgets the key.
create or replace function code.announce_api_key() returns trigger
language plpgsql set search_path = ''
as $$
begin
  perform pg_notify('code_api_keys', old.id::text);
  return null;
end $$;
create or replace trigger code_announce_delete after delete on public.api_keys
  for each row execute function code.announce_api_key();
create or replace trigger code_announce_update after update on public.api_keys for each row
  when (old.key_hash is distinct from new.key_hash or old.permissions is distinct from new.permissions
    or old.rate_limit is distinct from new.rate_limit or old.monthly_quota is distinct from new.monthly_quota
    or old.expires_at is distinct from new.expires_at or old.allowed_ips is distinct from new.allowed_ips
    or new.usage_count < old.usage_count)
  execute function code.announce_api_key();

-- A new key for the row, told this one time: the first one, and every later one when keys are rotated.
create or replace function public.issue_api_key(key_id uuid) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  body text := translate(encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'base64'), E'+/=\n', '-_');
  made text;
begin
  if auth.jwt() ? 'api_key_id' then
    raise exception 'API keys are not made or changed with an API key' using errcode = '42501', hint = 'Sign in as the user.';
  end if;
  made := 'basalt_ak_' || body || substr(translate(encode(sha256(convert_to('basalt_ak_' || body, 'utf8')), 'base64'), E'+/=\n', '-_'), 1, 6);
  update public.api_keys set key_hash = encode(sha256(convert_to(made, 'utf8')), 'hex'), updated_at = now()
    where id = key_id and (user_id = auth.uid() or auth.role() = 'service_role');
  if not found then
    raise exception 'there is no such API key of yours' using errcode = 'P0002';
  end if;
  return made;
end $$;
revoke all on function public.issue_api_key(uuid) from public, anon;
grant execute on function public.issue_api_key(uuid) to authenticated, service_role;
