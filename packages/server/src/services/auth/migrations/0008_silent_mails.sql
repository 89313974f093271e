-- When a mail was last asked for that was not sent: the address has no account, or its account needs no such mail.
-- Without it the limit on mails to one address would tell who is known.

create table basalt.silent_mails (
  -- SHA-256 of the kind of mail and the address, hex
  key text primary key,
  asked_at timestamptz not null
);

create index on basalt.silent_mails (asked_at);
alter table basalt.silent_mails enable row level security;
revoke all on basalt.silent_mails from public;

-- auth works in this role
grant usage on schema basalt to supabase_auth_admin;
grant select, insert, update, delete on basalt.silent_mails to supabase_auth_admin;
create policy auth on basalt.silent_mails to supabase_auth_admin using (true) with check (true);
