-- Workers take a job that waits, and then its repository; a deletion takes all of its repositories, and then the jobs of each:
-- that of a user who has many met a worker half-way, and one of them was ended as a deadlock. It takes jobs that wait first now.
-- Of those that run a worker has the repository first.
create function code.hold_jobs() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform from public.indexing_jobs where repository_id = old.id and status = 'queued' order by id for update;
  return old;
end $$;
create trigger code_hold_jobs before delete on public.repositories for each row execute function code.hold_jobs();
