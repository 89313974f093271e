-- What `postgres` may set on Supabase although Postgres keeps it for superusers: settings of the API roles, parameters that
-- dumps begin with, and PostgREST's own. Only a superuser can give these; without one a migration that needs them says so.

do $$
declare
  wanted text;
begin
  if not (select rolsuper from pg_catalog.pg_roles where rolname = current_user)
    or (select rolsuper from pg_catalog.pg_roles where rolname = 'postgres') then
    return;
  end if;
  -- `alter role authenticated set statement_timeout = '10s'` asks for the right to administer the role
  foreach wanted in array array['anon', 'authenticated', 'service_role', 'authenticator'] loop
    execute format('grant %I to postgres with admin option', wanted);
  end loop;
  foreach wanted in array array[
    'session_replication_role', 'log_min_messages', 'log_min_duration_statement', 'log_statement', 'log_lock_waits',
    'log_temp_files', 'log_replication_commands', 'log_parameter_max_length', 'deadlock_timeout', 'track_io_timing',
    'track_functions', 'wal_compression', 'auto_explain.log_min_duration', 'auto_explain.log_analyze',
    'auto_explain.log_nested_statements', 'pg_stat_statements.track', 'pg_stat_statements.track_utility',
    'pg_stat_statements.track_planning', 'plan_filter.statement_cost_limit', 'plan_filter.limit_select_only',
    'safeupdate.enabled', 'pg_net.batch_size', 'pg_net.ttl'
  ] loop
    execute format('grant set on parameter %s to postgres', wanted);
  end loop;
  foreach wanted in array array[
    'client_error_verbosity', 'db_aggregates_enabled', 'db_anon_role', 'db_extra_search_path', 'db_hoisted_tx_settings',
    'db_max_rows', 'db_plan_enabled', 'db_pre_config', 'db_pre_request', 'db_prepared_statements', 'db_root_spec',
    'db_schemas', 'db_tx_end', 'jwt_aud', 'jwt_cache_max_entries', 'jwt_role_claim_key', 'jwt_secret',
    'jwt_secret_is_base64', 'openapi_mode', 'openapi_security_active', 'openapi_server_proxy_uri',
    'server_cors_allowed_origins', 'server_timing_enabled', 'server_trace_header', 'url_use_legacy_target_names'
  ] loop
    execute format('grant set on parameter %I.%I to postgres', 'pgrst', wanted);
  end loop;
exception when insufficient_privilege then
  raise notice 'skipped: rights of postgres (%)', sqlerrm;
end $$;
