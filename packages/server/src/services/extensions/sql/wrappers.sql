-- wrappers: by name only.
set local search_path = pg_catalog, pg_temp;

-- What CREATE FOREIGN DATA WRAPPER asks for. A handler that is called says that it is none; every option is valid.
do $$
declare
  wrapper text;
begin
  foreach wrapper in array array[
    'airtable', 'auth0', 'big_query', 'cal', 'calendly', 'cfd1', 'click_house', 'clerk', 'cognito', 'duckdb', 'dynamo_db', 'firebase',
    'gravatar', 'hello_world', 'hubspot', 'iceberg', 'infura', 'logflare', 'mssql', 'mysql', 'notion', 'openapi', 'orb', 'paddle',
    'redis', 's3', 's3_vectors', 'shopify', 'slack', 'snowflake', 'stripe', 'wasm'
  ] loop
    execute format('create function @extschema@.%I() returns fdw_handler language internal strict as ''fdw_handler_in''', wrapper || '_fdw_handler');
    execute format('create function @extschema@.%I(options text[], catalog oid) returns void language plpgsql as ''begin end''', wrapper || '_fdw_validator');
  end loop;
end $$;

set local client_min_messages = notice;
do $$ begin
  raise notice 'wrappers: by name only. A foreign data wrapper can be made and its tables described; reading one fails.';
end $$;
