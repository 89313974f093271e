-- Another branch that is chosen is indexed at once: the index stayed that of the one before until the next push.
create function code.index_other_branch() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  made uuid;
begin
  perform from public.indexing_jobs
    where repository_id = new.id and status = 'queued' and delivery_id is null and not payload ? 'branch';
  if found then return null; end if;
  insert into public.indexing_jobs (repository_id, job_type, priority, payload)
    values (new.id, 'incremental_update', 5, '{}') returning id into made;
  insert into public.indexing_job_events (job_id, event_type, message) values (made, 'queued', 'another branch was chosen');
  return null;
end $$;
create trigger code_other_branch after update of default_branch on public.repositories for each row
  when (old.default_branch is distinct from new.default_branch) execute function code.index_other_branch();
