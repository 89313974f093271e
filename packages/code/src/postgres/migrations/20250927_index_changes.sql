-- How often what searches find in a repository has changed: an answer that was kept is good as long as this is the same. Files
-- say so, whatever becomes of them, once a transaction and at its end: whoever writes a repository beside another one does not
-- wait for it until then. Symbols and pieces of text come and go with their file.

alter table code.symbol_versions
  add column changes bigint not null default 0,
  add column changed_by xid8;

create or replace function code.count_symbols() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  insert into code.symbol_versions as known (repository_id, last_id, changed_by)
    select repository_id, max(id), pg_current_xact_id() from fresh group by repository_id order by repository_id
    on conflict (repository_id) do update set
      last_id = greatest(known.last_id, excluded.last_id),
      -- out of order, by two writers at once or an update: everything has to be looked at again
      epoch = known.epoch + case when
        (select min(id) from fresh where fresh.repository_id = excluded.repository_id) <= known.last_id then 1 else 0 end,
      changes = known.changes + 1,
      changed_by = excluded.changed_by;
  return null;
end $$;

create function code.count_files() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  -- all files of a transaction but the first are passed over by a look, which takes two thirds of an insert that comes to nothing
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
create constraint trigger code_count_files after insert or update or delete on public.indexed_files
  deferrable initially deferred for each row execute function code.count_files();
