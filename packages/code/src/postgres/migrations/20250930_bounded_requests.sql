-- What waits for the same branch was answered instead of a second job; of other branches, which need not be there, as many were
-- queued as anybody asked for. A hundred of a repository wait at most, as of its pushes to one.
create or replace function public.request_indexing(repository uuid, branch text default null, whole boolean default false) returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
  known uuid;
  wanted text := case when whole then 'full_index' else 'incremental_update' end;
begin
  -- one after the other, of a repository
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
  if (select count(*) from public.indexing_jobs where repository_id = repository and status = 'queued' and delivery_id is null) >= 100 then
    raise exception 'a hundred jobs of this repository that were asked for wait already' using errcode = '42501',
      hint = 'Wait until one has ended, or cancel one.';
  end if;
  insert into public.indexing_jobs (repository_id, job_type, priority, payload)
    values (repository, wanted, 5, jsonb_strip_nulls(jsonb_build_object('branch', branch))) returning id into known;
  insert into public.indexing_job_events (job_id, event_type, message) values (known, 'queued', 'asked for by its user');
  return known;
end $$;

-- Who asked a job that runs to end a thousand times left a thousand events.
create or replace function public.cancel_indexing_job(job uuid) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  state text;
  is_first boolean;
begin
  if auth.jwt() ? 'api_key_id' and auth.jwt() -> 'api_key_permissions' -> 'write' is distinct from 'true' then
    raise exception 'the key may not write' using errcode = '42501';
  end if;
  select not (jobs.cancel_requested and jobs.status = 'in_progress') into is_first
    from public.indexing_jobs jobs join public.repositories on repositories.id = jobs.repository_id
    where jobs.id = job and jobs.status in ('queued', 'in_progress')
      and (repositories.user_id = auth.uid() or auth.role() = 'service_role')
    for update of jobs;
  if is_first is null then
    raise exception 'there is no such job of yours that waits or runs' using errcode = 'P0002';
  end if;
  if not is_first then return 'in_progress'; end if;
  update public.indexing_jobs jobs set cancel_requested = true, updated_at = now(),
      status = case when jobs.status = 'queued' then 'cancelled' else jobs.status end,
      finished_at = case when jobs.status = 'queued' then now() end
    where jobs.id = job returning jobs.status into state;
  insert into public.indexing_job_events (job_id, event_type, message)
    values (job, case state when 'cancelled' then 'cancelled' else 'cancel_requested' end, 'by its user');
  update public.webhook_deliveries set status = 'processed', processed_at = now(), error_message = 'cancelled'
    where state = 'cancelled' and id = (select delivery_id from public.indexing_jobs where id = job);
  return state;
end $$;
