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

-- Of a transaction with many files all but the first are passed over by a look, not by an insert that comes to nothing: a third
-- of the time.
create or replace function code.count_files() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if exists (select from code.symbol_versions
      where repository_id = coalesce(new.repository_id, old.repository_id) and changed_by = pg_current_xact_id()) then
    return null;
  end if;
  insert into code.symbol_versions as known (repository_id, last_id, changed_by)
    select id, 0, pg_current_xact_id() from public.repositories where id = coalesce(new.repository_id, old.repository_id)
    on conflict (repository_id) do update set changes = known.changes + 1, changed_by = excluded.changed_by
      where known.changed_by is distinct from excluded.changed_by;
  return null;
end $$;
