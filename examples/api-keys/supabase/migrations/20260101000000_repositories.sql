-- The tables of API keys are there before the first migration: these may refer to them.
create table public.repositories (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  api_key_id uuid default (auth.jwt() ->> 'api_key_id')::uuid references public.api_keys (id) on delete set null,
  name text not null
);
alter table public.repositories enable row level security;
create policy own on public.repositories for all to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
