-- Codes of OAuth clients that were exchanged, and the sessions they became: whoever comes with one again has a copy.

create table basalt.used_codes (
  -- SHA-256 of the client and the code, hex
  key text primary key,
  session_id uuid not null references auth.sessions (id) on delete cascade
);

create index on basalt.used_codes (session_id);
alter table basalt.used_codes enable row level security;
revoke all on basalt.used_codes from public;

-- auth works in this role
grant usage on schema basalt to supabase_auth_admin;
grant select, insert, update, delete on basalt.used_codes to supabase_auth_admin;
create policy auth on basalt.used_codes to supabase_auth_admin using (true) with check (true);
