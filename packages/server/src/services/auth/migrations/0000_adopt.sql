-- A database that GoTrue has migrated, from 2023-11-17 (20231117164230) on: what its later migrations add to tables that are
-- there already, so that the next files find them as they make them. Only additions, and rules that its later migrations lift
-- too: it goes on working on the database, and its own migrations still run. Everywhere else there is nothing to do.

do $$
declare
  found record;
begin
  if to_regclass('auth.users') is null then
    return;
  end if;
  if not exists (
    select from pg_catalog.pg_attribute where attrelid = to_regclass('auth.identities') and attname = 'provider_id' and not attisdropped
  ) then
    raise exception 'the tables of auth are older than Basalt can take over (GoTrue before 2023-11-17)'
      using hint = 'Start a newer Auth (supabase/gotrue of 2024 or later) on this database once: it brings them up to date.';
  end if;
  set local role supabase_auth_admin;

  -- a type that a column below needs
  if to_regclass('auth.oauth_clients') is not null and to_regtype('auth.oauth_client_type') is null then
    create type auth.oauth_client_type as enum ('public', 'confidential');
  end if;

  for found in
    select relation, name, definition
    from (values
      ('users', 'is_anonymous', 'boolean not null default false'),
      ('sessions', 'oauth_client_id', 'uuid'),
      ('sessions', 'refresh_token_hmac_key', 'text'),
      ('sessions', 'refresh_token_counter', 'bigint'),
      ('sessions', 'scopes', 'text constraint sessions_scopes_length check (char_length(scopes) <= 4096)'),
      ('mfa_factors', 'phone', 'text'),
      ('mfa_factors', 'last_challenged_at', 'timestamptz constraint mfa_factors_last_challenged_at_key unique'),
      ('mfa_factors', 'web_authn_credential', 'jsonb'),
      ('mfa_factors', 'web_authn_aaguid', 'uuid'),
      ('mfa_factors', 'last_webauthn_challenge_data', 'jsonb'),
      ('mfa_challenges', 'otp_code', 'text'),
      ('mfa_challenges', 'web_authn_session_data', 'jsonb'),
      ('flow_state', 'auth_code_issued_at', 'timestamptz'),
      ('flow_state', 'invite_token', 'text'),
      ('flow_state', 'referrer', 'text'),
      ('flow_state', 'oauth_client_state_id', 'uuid'),
      ('flow_state', 'linking_target_id', 'uuid'),
      ('flow_state', 'email_optional', 'boolean not null default false'),
      ('saml_providers', 'name_id_format', 'text'),
      ('sso_providers', 'disabled', 'boolean'),
      ('oauth_clients', 'client_type', 'auth.oauth_client_type not null default ''confidential'''),
      ('oauth_authorizations', 'nonce',
        'text constraint oauth_authorizations_nonce_length check (char_length(nonce) <= 255)'),
      ('custom_oauth_providers', 'custom_claims_allowlist', 'text[] not null default ''{}''')
    ) as wanted (relation, name, definition)
    where to_regclass('auth.' || relation) is not null
  loop
    execute format('alter table auth.%I add column if not exists %I %s', found.relation, found.name, found.definition);
  end loop;

  if to_regclass('auth.oauth_clients') is not null and not exists (
    select from pg_catalog.pg_attribute
    where attrelid = to_regclass('auth.oauth_clients') and attname = 'token_endpoint_auth_method' and not attisdropped
  ) then
    alter table auth.oauth_clients add column token_endpoint_auth_method text
      constraint oauth_clients_token_endpoint_auth_method_check
      check (token_endpoint_auth_method in ('client_secret_basic', 'client_secret_post', 'none'));
    update auth.oauth_clients
    set token_endpoint_auth_method = case client_type when 'public' then 'none' else 'client_secret_basic' end;
    alter table auth.oauth_clients alter column token_endpoint_auth_method set not null;
  end if;

  -- rules of old that what is written now would break
  for found in
    select relation, name
    from (values
      ('flow_state', 'auth_code'), ('flow_state', 'code_challenge_method'), ('flow_state', 'code_challenge'),
      ('oauth_clients', 'client_id'), ('oauth_clients', 'client_secret_hash')
    ) as lifted (relation, name)
    join pg_catalog.pg_attribute on attrelid = to_regclass('auth.' || relation) and attname = name and attnotnull and not attisdropped
  loop
    execute format('alter table auth.%I alter column %I drop not null', found.relation, found.name);
  end loop;
  if to_regclass('auth.mfa_factors') is not null then
    alter table auth.mfa_factors drop constraint if exists mfa_factors_phone_key;
    alter type auth.factor_type add value if not exists 'phone';
  end if;
  reset role;
end $$;
