-- A tenant is a schema, tenant_<name>, with the same tables each. Everybody's role is `authenticated`, so the tables say once
-- more whose they are: what reaches them by another way than the data API (Realtime, functions) is held to that.
create function public.create_tenant(name text) returns void
language plpgsql security definer set search_path = '' as $$
declare
  schema text := 'tenant_' || name;
begin
  if name !~ '^[a-z0-9_]{1,55}$' then
    raise exception 'a tenant is named by small letters, digits and _';
  end if;
  execute format('create schema %I', schema);
  execute format('create table %I.invoices (id bigint generated always as identity primary key, amount int not null)', schema);
  execute format('alter table %I.invoices enable row level security', schema);
  execute format(
    $policy$create policy own on %I.invoices to authenticated using ((auth.jwt() -> 'app_metadata' ->> 'tenant_id') = %L)$policy$,
    schema, name
  );
  execute format('grant usage on schema %I to authenticated, service_role', schema);
  execute format('grant all on all tables in schema %I to authenticated, service_role', schema);
end $$;

-- the service role alone makes tenants
revoke execute on function public.create_tenant from public, anon, authenticated;
grant execute on function public.create_tenant to service_role;
