-- How far the symbols of each repository have come, for those who keep names in memory: whatever adds a symbol says so in its
-- own transaction. Removals do not: what is remembered of a symbol that is gone finds no row.

create table code.symbol_versions (
  repository_id uuid primary key references public.repositories (id) on delete cascade,
  -- symbols that came since a reader's look have greater ids than the last one it saw, as long as the epoch is the same
  last_id bigint not null,
  epoch bigint not null default 0
);

create function code.count_symbols() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  insert into code.symbol_versions as known (repository_id, last_id)
    select repository_id, max(id) from fresh group by repository_id order by repository_id
    on conflict (repository_id) do update set
      last_id = greatest(known.last_id, excluded.last_id),
      -- out of order, by two writers at once or an update: everything has to be looked at again
      epoch = known.epoch + case when
        (select min(id) from fresh where fresh.repository_id = excluded.repository_id) <= known.last_id then 1 else 0 end;
  return null;
end $$;
create trigger code_count_insert after insert on public.symbols
  referencing new table as fresh for each statement execute function code.count_symbols();
create trigger code_count_update after update on public.symbols
  referencing new table as fresh for each statement execute function code.count_symbols();
-- nobody writes until this is committed: the triggers hold the table
insert into code.symbol_versions (repository_id, last_id)
  select symbols.repository_id, max(symbols.id) from public.symbols
  join public.repositories on repositories.id = symbols.repository_id group by symbols.repository_id;

revoke all on code.symbol_versions from anon, authenticated;
grant select on code.symbol_versions to service_role;
alter table code.symbol_versions enable row level security;
