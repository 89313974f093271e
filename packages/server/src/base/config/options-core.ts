/** Options of the project itself, the API and the database. */
import {
  accepted,
  anything,
  boolean,
  choice,
  duration,
  integer,
  list,
  port,
  secret,
  tables,
  text,
  textTable,
  unset,
} from './option.ts'

export const coreOptions = {
  project_id: unset(
    text('', 'Name of the project on this machine; default the name of its folder.'),
  ),

  'api.enabled': boolean(true, 'Serves the data API.'),
  'api.port': port(54321, 'Port of the API gateway.'),
  'api.schemas': list(
    ['public', 'graphql_public'],
    'Schemas the data API exposes; the first is the default.',
  ),
  'api.extra_search_path': list(
    ['public', 'extensions'],
    'Schemas added to the search path of every request.',
  ),
  'api.max_rows': integer(1000, 'Most rows a request returns; 0 means no limit.'),
  'api.auto_expose_new_tables': unset(
    boolean(false, 'Grants API roles access to tables created later in public.'),
  ),
  'api.external_url': unset(
    text('', 'URL clients reach the API at; default http://127.0.0.1:<api.port>.'),
  ),
  'api.tls.enabled': boolean(false, 'Serves the API over TLS.'),
  'api.tls.cert_path': unset(text('', 'Certificate in PEM format, relative to supabase/.')),
  'api.tls.key_path': unset(text('', 'Private key in PEM format, relative to supabase/.')),

  'db.port': port(54322, 'Port of the embedded Postgres, on 127.0.0.1 only.'),
  'db.shadow_port': accepted(port(54320, 'Port of the shadow database.')),
  'db.health_timeout': accepted(duration('2m', 'How long to wait for the database container.')),
  'db.major_version': accepted(integer(17, 'Major version of the hosted database.', 13, 18)),
  'db.root_key': secret(
    unset(
      text(
        '',
        'Root key of the vault, 64 hexadecimal digits. Default: a random one, kept in the data folder.',
      ),
    ),
  ),
  'db.settings': textTable(
    'Parameters of the embedded Postgres by name (`max_connections`, `work_mem`, …).',
  ),
  'db.pooler.enabled': accepted(boolean(false, 'Runs the connection pooler.')),
  'db.pooler.port': accepted(port(54329, 'Port of the connection pooler.')),
  'db.pooler.pool_mode': accepted(
    choice(['transaction', 'session'], 'transaction', 'When a server connection is given back.'),
  ),
  'db.pooler.default_pool_size': accepted(integer(20, 'Server connections a user and database.')),
  'db.pooler.max_client_conn': accepted(integer(100, 'Most client connections.')),
  'db.migrations.enabled': boolean(true, 'Applies supabase/migrations to a new database.'),
  'db.migrations.schema_paths': list(
    [],
    'Declarative schema files, in order; globs relative to supabase/. No start reads them, as with the Supabase CLI: its `db diff` does.',
  ),
  'db.seed.enabled': boolean(true, 'Runs the seed files on a new database.'),
  'db.seed.sql_paths': list(['./seed.sql'], 'Seed files, in order; globs relative to supabase/.'),
  'db.vault': secret(
    textTable('Secrets put into the vault, by name, whenever migrations are applied.'),
  ),
  'db.network_restrictions.enabled': accepted(
    boolean(false, 'Restricts who may connect to the hosted database.'),
  ),
  'db.network_restrictions.allowed_cidrs': accepted(
    list(['0.0.0.0/0'], 'IPv4 ranges that may connect.'),
  ),
  'db.network_restrictions.allowed_cidrs_v6': accepted(
    list(['::/0'], 'IPv6 ranges that may connect.'),
  ),
  'db.ssl_enforcement.enabled': accepted(
    boolean(false, 'Refuses connections to the hosted database without TLS.'),
  ),

  'studio.enabled': boolean(true, 'Serves the dashboard.'),
  'studio.port': port(54323, 'Port of the dashboard.'),
  'studio.api_url': unset(text('', 'API URL the dashboard uses.')),
  'studio.openai_api_key': accepted(secret(unset(text('', "Key for the dashboard's assistant.")))),

  'inbucket.enabled': boolean(true, 'Catches outgoing mail and shows it on a page.'),
  'inbucket.port': port(54324, 'Port of the mail page.'),
  'inbucket.smtp_port': unset(port(54325, 'Port of the catching SMTP server.')),
  'inbucket.pop3_port': accepted(unset(port(54326, 'Port of the POP3 server.'))),
  'inbucket.admin_email': text('admin@email.com', 'Sender of caught mail.'),
  'inbucket.sender_name': text('Admin', "Sender's name of caught mail."),

  'storage.enabled': boolean(true, 'Serves Storage.'),

  'edge_runtime.enabled': boolean(true, 'Serves edge functions.'),
  'edge_runtime.policy': choice(
    ['per_worker', 'oneshot'],
    'per_worker',
    'Keeps a worker for many requests or starts one for each.',
  ),
  'edge_runtime.inspector_port': port(8083, "Port of the debugger's protocol."),
  'edge_runtime.deno_version': accepted(integer(2, 'Major version of Deno.', 1, 2)),
  'edge_runtime.secrets': secret(textTable('Environment variables of all functions.')),
  functions: tables(
    {
      enabled: boolean(true, 'Serves the function.'),
      verify_jwt: boolean(true, 'Refuses requests without a valid token.'),
      import_map: unset(text('', 'Import map, relative to supabase/.')),
      entrypoint: unset(
        text('', 'Main file, relative to supabase/; default functions/<name>/index.ts.'),
      ),
      static_files: list([], 'Files the function may read; globs relative to supabase/.'),
      env: secret(textTable("The function's own environment variables.")),
    },
    'Settings of one edge function.',
  ),

  'analytics.enabled': accepted(boolean(true, 'Runs the log server.')),
  'analytics.port': accepted(port(54327, 'Port of the log server.')),
  'analytics.vector_port': accepted(port(54328, 'Port of the log collector.')),
  'analytics.backend': accepted(
    choice(['postgres', 'bigquery'], 'postgres', 'Where logs are kept.'),
  ),
  'analytics.gcp_project_id': accepted(unset(text('', 'Google Cloud project of the logs.'))),
  'analytics.gcp_project_number': accepted(unset(text('', 'Its number.'))),
  'analytics.gcp_jwt_path': accepted(unset(text('', 'Its credentials file.'))),

  'experimental.orioledb_version': accepted(unset(text('', 'Version of OrioleDB.'))),
  'experimental.s3_host': accepted(unset(text('', 'S3 endpoint of OrioleDB.'))),
  'experimental.s3_region': accepted(unset(text('', 'S3 region of OrioleDB.'))),
  'experimental.s3_access_key': accepted(secret(unset(text('', 'S3 key of OrioleDB.')))),
  'experimental.s3_secret_key': accepted(secret(unset(text('', 'S3 secret of OrioleDB.')))),
  'experimental.webhooks.enabled': boolean(
    false,
    'Makes pg_net in a new database, for database webhooks; without it pg_net comes with the first that fires.',
  ),
  'experimental.inspect': accepted(anything('Rules of `inspect report`.')),
  'experimental.pgdelta': accepted(anything('Schema diffs with pg-delta.')),
  remotes: accepted(anything('Overrides for linked branches.')),
}
