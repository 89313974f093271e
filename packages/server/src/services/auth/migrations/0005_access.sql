-- Who may touch the tables of `auth`: their owner, and `postgres`, which applications' own SQL runs as.
-- Row level security without a policy keeps everybody out who is ever granted a table by mistake.

set local role supabase_auth_admin;

do $$
declare
  name text;
begin
  foreach name in array array[
    'audit_log_entries', 'flow_state', 'identities', 'instances', 'mfa_amr_claims', 'mfa_challenges', 'mfa_factors',
    'one_time_tokens', 'refresh_tokens', 'saml_providers', 'saml_relay_states', 'schema_migrations', 'sessions',
    'sso_domains', 'sso_providers', 'users'
  ] loop
    execute format('alter table auth.%I enable row level security', name);
    execute format('grant select on auth.%I to postgres with grant option', name);
  end loop;
end $$;

grant all on all tables in schema auth to postgres, dashboard_user;
grant all on all sequences in schema auth to postgres, dashboard_user;
grant all on all routines in schema auth to postgres, dashboard_user;

reset role;
