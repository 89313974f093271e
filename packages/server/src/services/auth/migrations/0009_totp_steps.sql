-- The step of time whose code a factor was last verified with: a code signs in once, not for as long as its window lasts.

create table basalt.totp_steps (
  factor_id uuid primary key references auth.mfa_factors (id) on delete cascade,
  -- RFC 6238: Unix time divided by 30 s
  step bigint not null
);

alter table basalt.totp_steps enable row level security;
revoke all on basalt.totp_steps from public;

-- auth works in this role
grant usage on schema basalt to supabase_auth_admin;
grant select, insert, update, delete on basalt.totp_steps to supabase_auth_admin;
create policy auth on basalt.totp_steps to supabase_auth_admin using (true) with check (true);
