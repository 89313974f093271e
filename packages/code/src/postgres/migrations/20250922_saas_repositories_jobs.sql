-- Repositories, their jobs and webhooks. Owners see all of theirs and change what is theirs to change; the rest is the
-- service's. Jobs are asked for and cancelled by functions, so that a queue cannot be filled or jumped.

create table public.repositories (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  api_key_id uuid references public.api_keys (id) on delete set null,
  name text not null check (length(name) between 1 and 200),
  git_url text not null check (length(git_url) between 1 and 2000),
  provider text not null default 'github',
  status text not null default 'pending' check (status in ('pending', 'ready', 'error', 'disabled')),
  sync_state text not null default 'pending' check (sync_state in ('pending', 'syncing', 'synced', 'failed', 'branch_deleted')),
  -- null: whatever HEAD of the remote is
  default_branch text check (length(default_branch) between 1 and 250),
  webhook_secret_hash text,
  -- what the secret is derived with; a new one at each rotation
  webhook_secret_salt uuid not null default gen_random_uuid(),
  settings jsonb not null default '{}' check (jsonb_typeof(settings) = 'object' and length(settings::text) <= 20000),
  metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object' and length(metadata::text) <= 20000),
  last_indexed_commit text,
  last_indexed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (user_id, git_url)
);
create index idx_repositories_user_id on public.repositories (user_id);
create index idx_repositories_api_key_id on public.repositories (api_key_id);

create table public.webhook_deliveries (
  id bigint generated always as identity primary key,
  repository_id uuid not null references public.repositories (id) on delete cascade,
  delivery_id text not null,
  event_type text not null,
  status text not null default 'received' check (status in ('received', 'queued', 'processing', 'processed', 'failed')),
  received_at timestamptz not null default now(),
  processed_at timestamptz,
  payload jsonb,
  error_message text,
  unique (repository_id, delivery_id)
);

create table public.indexing_jobs (
  id uuid primary key default gen_random_uuid(),
  repository_id uuid not null references public.repositories (id) on delete cascade,
  requested_by uuid references public.api_keys (id) on delete set null,
  job_type text not null check (job_type in ('full_index', 'incremental_update')),
  status text not null default 'queued' check (status in ('queued', 'in_progress', 'completed', 'failed', 'cancelled')),
  priority integer not null default 0,
  payload jsonb not null default '{}',
  queued_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  error_message text,
  attempts integer not null default 0,
  max_attempts integer not null default 5,
  -- not before
  run_at timestamptz not null default now(),
  heartbeat_at timestamptz,
  -- who has it: a new one for each attempt
  lease uuid,
  cancel_requested boolean not null default false,
  progress jsonb not null default '{}',
  delivery_id bigint references public.webhook_deliveries (id) on delete set null,
  updated_at timestamptz not null default now()
);
create index idx_indexing_jobs_repository on public.indexing_jobs (repository_id, queued_at desc);
create index idx_indexing_jobs_queue on public.indexing_jobs (priority desc, queued_at, id) where status = 'queued';
create index idx_indexing_jobs_heartbeat on public.indexing_jobs (heartbeat_at) where status = 'in_progress';
create index idx_indexing_jobs_requested_by on public.indexing_jobs (requested_by);
create index idx_indexing_jobs_delivery on public.indexing_jobs (delivery_id);
-- one at a time for each repository
create unique index idx_indexing_jobs_running on public.indexing_jobs (repository_id) where status = 'in_progress';

create table public.indexing_job_events (
  id bigint generated always as identity primary key,
  job_id uuid not null references public.indexing_jobs (id) on delete cascade,
  event_type text not null,
  message text,
  context jsonb not null default '{}',
  created_at timestamptz not null default now()
);
create index idx_indexing_job_events_job on public.indexing_job_events (job_id, id);

create table if not exists public.token_usage (
  id bigint generated always as identity primary key,
  api_key_id uuid not null references public.api_keys (id) on delete cascade,
  repository_id uuid,
  job_id uuid,
  usage_type text not null,
  tokens_used integer not null,
  created_at timestamptz not null default now()
);
do $$
begin
  if not exists (select from pg_constraint where conrelid = 'public.token_usage'::regclass and confrelid = 'public.repositories'::regclass) then
    alter table public.token_usage add foreign key (repository_id) references public.repositories (id) on delete set null;
  end if;
  if not exists (select from pg_constraint where conrelid = 'public.token_usage'::regclass and confrelid = 'public.indexing_jobs'::regclass) then
    alter table public.token_usage add foreign key (job_id) references public.indexing_jobs (id) on delete set null;
  end if;
end $$;
create index if not exists idx_token_usage_api_key on public.token_usage (api_key_id, created_at);
create index if not exists idx_token_usage_repository on public.token_usage (repository_id);
create index if not exists idx_token_usage_job on public.token_usage (job_id);

-- A waiting worker is told; a lost message costs it until its next poll.
create function code.announce_job() returns trigger
language plpgsql set search_path = ''
as $$
begin
  perform pg_notify('code_jobs', '');
  return null;
end $$;
create trigger code_announce after insert on public.indexing_jobs for each statement execute function code.announce_job();

create function code.touch() returns trigger
language plpgsql set search_path = ''
as $$
begin
  new.updated_at := now();
  return new;
end $$;
create trigger code_touch before update on public.repositories for each row execute function code.touch();

create function code.guard_repository() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if code.is_service() then return new; end if;
  perform pg_advisory_xact_lock(hashtextextended('code.repositories ' || new.user_id, 0));
  if (select count(*) from public.repositories where user_id = new.user_id) >= 100 then
    raise exception 'a user has 100 repositories at most' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger code_guard before insert on public.repositories for each row execute function code.guard_repository();

alter table public.repositories enable row level security;
alter table public.indexing_jobs enable row level security;
alter table public.indexing_job_events enable row level security;
alter table public.webhook_deliveries enable row level security;
alter table public.token_usage enable row level security;
revoke all on public.repositories, public.indexing_jobs, public.indexing_job_events, public.webhook_deliveries from anon, authenticated;
revoke all on public.token_usage from anon, authenticated;
grant select on public.repositories, public.indexing_jobs, public.indexing_job_events, public.webhook_deliveries, public.token_usage to authenticated;
grant insert (user_id, name, git_url, provider, default_branch, settings, metadata) on public.repositories to authenticated;
grant update (name, default_branch, settings, metadata) on public.repositories to authenticated;
grant delete on public.repositories to authenticated;
grant select, insert, update, delete on public.repositories, public.indexing_jobs, public.indexing_job_events, public.webhook_deliveries, public.token_usage to service_role;

create policy "Users can view own repositories" on public.repositories for select using ((select auth.uid()) = user_id);
create policy "Users can create own repositories" on public.repositories for insert with check ((select auth.uid()) = user_id);
create policy "Users can update own repositories" on public.repositories for update
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
create policy "Users can delete own repositories" on public.repositories for delete using ((select auth.uid()) = user_id);
create policy "Users can view own indexing jobs" on public.indexing_jobs for select
  using (repository_id in (select id from public.repositories where user_id = (select auth.uid())));
create policy "Users can view own indexing job events" on public.indexing_job_events for select
  using (job_id in (select jobs.id from public.indexing_jobs jobs join public.repositories on repositories.id = jobs.repository_id
    where repositories.user_id = (select auth.uid())));
create policy "Users can view own webhook deliveries" on public.webhook_deliveries for select
  using (repository_id in (select id from public.repositories where user_id = (select auth.uid())));
drop policy if exists "Users can view own token usage" on public.token_usage;
create policy "Users can view own token usage" on public.token_usage for select
  using (api_key_id in (select id from public.api_keys where user_id = (select auth.uid())));

-- Asks for a job; what waits already for the same branch is answered instead of a second one.
create function public.request_indexing(repository uuid, branch text default null, whole boolean default false) returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
  known uuid;
  wanted text := case when whole then 'full_index' else 'incremental_update' end;
begin
  perform from public.repositories where id = repository and (user_id = auth.uid() or auth.role() = 'service_role') for update;
  if not found then
    raise exception 'there is no such repository of yours' using errcode = 'P0002';
  end if;
  if auth.jwt() ? 'api_key_id' and auth.jwt() -> 'api_key_permissions' -> 'write' is distinct from 'true' then
    raise exception 'the key may not write' using errcode = '42501';
  end if;
  if length(branch) > 250 then
    raise exception 'a branch has 250 characters at most' using errcode = '22023';
  end if;
  select id into known from public.indexing_jobs
    where repository_id = repository and status = 'queued' and job_type = wanted and delivery_id is null
      and payload ->> 'branch' is not distinct from branch limit 1;
  if known is not null then return known; end if;
  insert into public.indexing_jobs (repository_id, job_type, priority, payload)
    values (repository, wanted, 5, jsonb_strip_nulls(jsonb_build_object('branch', branch))) returning id into known;
  insert into public.indexing_job_events (job_id, event_type, message) values (known, 'queued', 'asked for by its user');
  return known;
end $$;

-- One that waits ends at once, one that runs as soon as its worker looks.
create function public.cancel_indexing_job(job uuid) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  state text;
begin
  if auth.jwt() ? 'api_key_id' and auth.jwt() -> 'api_key_permissions' -> 'write' is distinct from 'true' then
    raise exception 'the key may not write' using errcode = '42501';
  end if;
  update public.indexing_jobs jobs set cancel_requested = true, updated_at = now(),
      status = case when jobs.status = 'queued' then 'cancelled' else jobs.status end,
      finished_at = case when jobs.status = 'queued' then now() end
    from public.repositories
    where jobs.id = job and jobs.status in ('queued', 'in_progress') and repositories.id = jobs.repository_id
      and (repositories.user_id = auth.uid() or auth.role() = 'service_role')
    returning jobs.status into state;
  if state is null then
    raise exception 'there is no such job of yours that waits or runs' using errcode = 'P0002';
  end if;
  insert into public.indexing_job_events (job_id, event_type, message)
    values (job, case state when 'cancelled' then 'cancelled' else 'cancel_requested' end, 'by its user');
  update public.webhook_deliveries set status = 'processed', processed_at = now(), error_message = 'cancelled'
    where state = 'cancelled' and id = (select delivery_id from public.indexing_jobs where id = job);
  return state;
end $$;
revoke all on function public.request_indexing(uuid, text, boolean), public.cancel_indexing_job(uuid) from public, anon;
grant execute on function public.request_indexing(uuid, text, boolean), public.cancel_indexing_job(uuid) to authenticated, service_role;

-- The newest job of each repository beside it.
create view public.repository_status with (security_invoker = true) as
  select repositories.id as repository_id, repositories.user_id, repositories.name, repositories.status, repositories.sync_state,
    repositories.last_indexed_commit, repositories.last_indexed_at,
    latest.id as job_id, latest.job_type, latest.status as job_status, latest.progress, latest.queued_at, latest.started_at,
    latest.finished_at, latest.error_message
  from public.repositories
  left join lateral (
    select * from public.indexing_jobs jobs where jobs.repository_id = repositories.id order by queued_at desc, id limit 1) latest on true;
-- How the queue stands, as /health says; by the rights of who asks.
create view public.indexing_queue_depth with (security_invoker = true) as
  select count(*) filter (where status = 'queued') as queued,
    count(*) filter (where status = 'in_progress') as in_progress,
    count(*) filter (where status = 'failed') as failed,
    min(queued_at) filter (where status = 'queued') as oldest_queued_at
  from public.indexing_jobs
  where status in ('queued', 'in_progress') or (status = 'failed' and finished_at > now() - interval '1 day');
revoke all on public.repository_status, public.indexing_queue_depth from anon, authenticated;
grant select on public.repository_status, public.indexing_queue_depth to authenticated, service_role;
create index idx_indexing_jobs_failed on public.indexing_jobs (finished_at) where status = 'failed';

-- Progress in the browser.
do $$
begin
  if exists (select from pg_publication where pubname = 'supabase_realtime' and not puballtables) then
    alter publication supabase_realtime add table public.indexing_jobs, public.repositories;
  end if;
end $$;
