-- What was found in repositories: files by the hash of what is in them, symbols, references by name, and the text itself in
-- pieces of whole lines. Postgres holds all of it; nothing else has to be kept.

create table public.indexed_files (
  id bigint generated always as identity primary key,
  repository_id uuid not null references public.repositories (id) on delete cascade,
  path text not null,
  language text,
  -- of the blob in git
  content_hash text not null,
  size_bytes integer not null,
  line_count integer not null default 0,
  -- 'indexed', or why it was not: 'binary', 'too_large', 'parse_failed', …
  status text not null default 'indexed',
  indexed_at timestamptz not null default now(),
  unique (repository_id, path)
);

create table public.symbols (
  id bigint generated always as identity primary key,
  repository_id uuid not null,
  file_id bigint not null,
  -- its place among the symbols of the file
  ordinal integer not null,
  name text not null,
  kind text not null,
  language text not null,
  signature text not null,
  container text,
  start_line integer not null,
  start_column integer not null,
  end_line integer not null,
  end_column integer not null
);
create unique index idx_symbols_file on public.symbols (file_id, ordinal);
create index idx_symbols_name on public.symbols (repository_id, name collate "C", id);

create table public.symbol_references (
  repository_id uuid not null,
  file_id bigint not null,
  name text not null,
  kind text not null,
  line integer not null,
  "column" integer not null,
  -- the symbol it stands in, by its place in the file
  container_ordinal integer
);
create index idx_symbol_references_file on public.symbol_references (file_id);
create index idx_symbol_references_name on public.symbol_references (repository_id, name collate "C");

create table public.file_chunks (
  file_id bigint not null,
  repository_id uuid not null,
  first_line integer not null,
  content text not null
);
create index idx_file_chunks_file on public.file_chunks (file_id, first_line);
-- Without pg_trgm searches read all of a repository, and there is no fuzzy one; without btree_gin a search for what is in
-- many repositories reads what is others' before it leaves it out.
do $$
declare
  has_trigrams boolean := exists (select from pg_available_extensions where name = 'pg_trgm');
  has_uuids boolean := exists (select from pg_available_extensions where name = 'btree_gin');
  first_columns text := case when has_uuids then 'repository_id, ' else '' end;
begin
  create schema if not exists extensions;
  if has_trigrams then create extension if not exists pg_trgm with schema extensions; end if;
  if has_uuids then create extension if not exists btree_gin with schema extensions; end if;
  if has_trigrams then
    perform set_config('search_path', 'public, extensions', true);
    execute format('create index idx_symbols_trigrams on public.symbols using gin (%s name gin_trgm_ops)', first_columns);
    execute format('create index idx_file_chunks_trigrams on public.file_chunks using gin (%s content gin_trgm_ops) with (gin_pending_list_limit = 32768)', first_columns);
  end if;
end $$;

-- What goes with its file: by a trigger a statement. As foreign keys, checked row by row, the three tables would cost a third
-- more to write; they are written only by the transaction that makes the file.
create function code.forget_files() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  delete from public.symbols where file_id in (select id from gone);
  delete from public.symbol_references where file_id in (select id from gone);
  delete from public.file_chunks where file_id in (select id from gone);
  return null;
end $$;
create trigger code_forget after delete on public.indexed_files
  referencing old table as gone for each statement execute function code.forget_files();

alter table public.indexed_files enable row level security;
alter table public.symbols enable row level security;
alter table public.symbol_references enable row level security;
alter table public.file_chunks enable row level security;
revoke all on public.indexed_files, public.symbols, public.symbol_references, public.file_chunks from anon, authenticated;
grant select on public.indexed_files, public.symbols, public.symbol_references, public.file_chunks to authenticated;
grant select, insert, update, delete on public.indexed_files, public.symbols, public.symbol_references, public.file_chunks to service_role;

do $$
declare
  relation text;
begin
  foreach relation in array array['indexed_files', 'symbols', 'symbol_references', 'file_chunks'] loop
    execute format('create policy %I on public.%I for select using (repository_id in (select id from public.repositories where user_id = (select auth.uid())))',
      'Users can view own ' || replace(relation, '_', ' '), relation);
  end loop;
end $$;

notify pgrst, 'reload schema';
