-- All tenants in the same tables: each row says whose it is, and policies compare that with the token.
create table public.memberships (
  user_id uuid primary key references auth.users on delete cascade,
  tenant_id text not null
);
alter table public.memberships enable row level security;

create table public.invoices (
  id bigint generated always as identity primary key,
  tenant_id text not null default current_setting('app.tenant_id', true),
  amount int not null
);
create index on public.invoices (tenant_id);
alter table public.invoices enable row level security;
create policy own on public.invoices to authenticated
  using (tenant_id = current_setting('app.tenant_id', true))
  with check (tenant_id = current_setting('app.tenant_id', true));
grant all on public.invoices to authenticated, service_role;
grant all on public.memberships to service_role;

-- tokens carry the tenant as `tenant_id`, which is app.tenant_id in every statement; nobody can put it there himself
create function public.add_tenant(event jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_set(event, '{claims,tenant_id}', coalesce(to_jsonb(
    (select tenant_id from public.memberships where user_id = (event ->> 'user_id')::uuid)), '""'))
$$;
revoke execute on function public.add_tenant from public, anon, authenticated;
grant execute on function public.add_tenant to supabase_auth_admin;
