-- Assertions of single sign-on that were used: each signs in once.

create table basalt.saml_assertions (
  -- SHA-256 of the identity provider and the assertion's id, hex
  key text primary key,
  used_at timestamptz not null
);

create index on basalt.saml_assertions (used_at);
alter table basalt.saml_assertions enable row level security;
revoke all on basalt.saml_assertions from public;

-- auth works in this role
grant usage on schema basalt to supabase_auth_admin;
grant select, insert, update, delete on basalt.saml_assertions to supabase_auth_admin;
create policy auth on basalt.saml_assertions to supabase_auth_admin using (true) with check (true);
