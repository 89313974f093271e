-- Lists and todos; everybody sees and changes their own only.
create type public.todo_status as enum ('open', 'doing', 'done');

create table public.lists (
  id bigint generated always as identity primary key,
  user_id uuid not null default auth.uid() references public.profiles (id) on delete cascade,
  name text not null check (length(name) between 1 and 100),
  created_at timestamptz not null default now(),
  unique (user_id, name)
);

create table public.todos (
  id bigint generated always as identity primary key,
  user_id uuid not null default auth.uid() references public.profiles (id) on delete cascade,
  list_id bigint references public.lists (id) on delete set null,
  title text not null check (length(title) > 0),
  status public.todo_status not null default 'open',
  priority int not null default 0,
  details jsonb not null default '{}',
  created_at timestamptz not null default now()
);

create index todos_by_user_status on public.todos (user_id, status, priority desc);

alter table public.lists enable row level security;
alter table public.todos enable row level security;

create policy "own lists" on public.lists for all to authenticated
  using ((select auth.uid()) = user_id)
  with check ((select auth.uid()) = user_id);

create policy "own todos" on public.todos for all to authenticated
  using ((select auth.uid()) = user_id)
  with check ((select auth.uid()) = user_id);

-- One-to-one: a note belongs to exactly one todo.
create table public.notes (
  todo_id bigint primary key references public.todos (id) on delete cascade,
  body text not null
);

alter table public.notes enable row level security;

create policy "notes of own todos" on public.notes for all to authenticated
  using (exists (select from public.todos where todos.id = todo_id))
  with check (exists (select from public.todos where todos.id = todo_id));

create function public.complete_todos(list bigint) returns setof public.todos
language sql security invoker set search_path = ''
as $$
  update public.todos set status = 'done' where list_id = list and status <> 'done' returning *;
$$;

create function public.todo_counts() returns table (status public.todo_status, count bigint)
language sql stable security invoker set search_path = ''
as $$
  select status, count(*) from public.todos group by status order by status;
$$;
