/** Options of our own, in the table `[basalt]`. */
import {
  boolean,
  bytes,
  choice,
  duration,
  integer,
  list,
  port,
  secret,
  tables,
  text,
  unset,
  wait,
} from './option.ts'

export const basaltOptions = {
  'basalt.host': text('127.0.0.1', 'Address the gateway listens on.'),
  'basalt.allow_default_keys': boolean(
    false,
    'Listens beyond this machine although everybody knows the keys: auth.jwt_secret is the default.',
  ),
  'basalt.require_api_key': boolean(
    false,
    'Refuses requests without an API key, as hosted Supabase does; the local gateway takes them as anonymous.',
  ),
  'basalt.admin_host': text('127.0.0.1', 'Address that metrics and health are served on.'),
  'basalt.admin_origins': list([], 'Origins of web pages that may call /admin/v1.'),
  'basalt.studio.host': text('127.0.0.1', 'Address that Studio listens on.'),
  'basalt.studio.external_url': unset(
    text(
      '',
      'Where Studio is reached behind a proxy: `https://studio.example.com`. Beyond this machine it answers there alone.',
    ),
  ),
  'basalt.inbox_host': text('127.0.0.1', 'Address that caught mail is shown on.'),
  'basalt.admin_port': port(54328, 'Port of metrics and health.'),
  'basalt.log_level': choice(
    ['debug', 'info', 'warn', 'error'],
    'info',
    'Least level that is logged.',
  ),
  'basalt.log_requests': boolean(true, 'Writes one line a request.'),
  'basalt.db_url': secret(
    unset(text('', 'A Postgres of your own (15 or later) instead of the embedded one.')),
  ),
  'basalt.redis_url': secret(
    unset(
      text(
        '',
        'A Redis (or Valkey) over which several nodes of one project hear each other: `redis://user:password@host:6379/0`, `rediss://` with TLS.',
      ),
    ),
  ),
  'basalt.redis_prefix': text('basalt:', 'What the names of our channels in Redis begin with.'),
  'basalt.encryption_key': secret(
    unset(
      text(
        '',
        'Key under which secrets lie in the database: run-time configuration, signing keys. Default: made of auth.jwt_secret.',
      ),
    ),
  ),
  'basalt.previous_encryption_key': secret(
    unset(
      text(
        '',
        'The key before it (or the auth.jwt_secret it was made of): what lies in the database under it is opened, and sealed anew at start (docs/functions.md, secrets).',
      ),
    ),
  ),
  'basalt.operator_token': secret(
    unset(
      text(
        '',
        'Bearer token of /admin/v1 and /v1. In the form `sbp_` and 40 hexadecimal digits the Supabase CLI takes it as SUPABASE_ACCESS_TOKEN.',
      ),
    ),
  ),
  'basalt.db.binaries': unset(
    text(
      '',
      'Programs of an installed Postgres (15 to 18) to run in place of the embedded one, with its extensions: `/usr/lib/postgresql/17/bin`. Relative to the folder of supabase/.',
    ),
  ),
  'basalt.db.extension_paths': list(
    [],
    'Folders with more extensions: the share folder of an installed Postgres 18, or one that holds `extension/` (before 18: extensions of SQL alone).',
  ),
  'basalt.db_password': secret(text('postgres', 'Password of the embedded Postgres.')),
  // a backend at rest holds 25 MB, opening one takes 4 ms
  'basalt.db.pool_min': integer(0, 'Connections kept open when nothing is asked.', 0, 1000),
  'basalt.db.pool_max': integer(16, 'Most connections to the database.', 1, 1000),
  'basalt.db.pool_timeout': wait('10s', 'How long a request waits for a connection.'),
  'basalt.db.pool_idle_time': wait('30s', 'An idle connection above pool_min is closed after it.'),
  'basalt.db.pool_lifetime': wait(
    '1h',
    'A connection is replaced after it, one at a time; 0 means never.',
  ),
  'basalt.db.direct_url': secret(
    unset(
      text(
        '',
        'The database itself where its URL is that of a transaction pooler (pgbouncer): migrations, jobs, listening, replication and locks go there.',
      ),
    ),
  ),
  'basalt.db.replicas': tables(
    {
      url: secret(text('', '`postgres://…` of a streaming replica.')),
      weight: integer(1, 'Its share of the reads, beside that of the others.', 1, 100),
      max_lag: duration('10s', 'One that is further behind is left out until it has caught up.'),
    },
    'Read replicas by name: `[basalt.db.replicas.one]`.',
  ),
  'basalt.db.read_preference': choice(
    ['primary', 'replica'],
    'primary',
    'Where reads of the data API go; to a replica only when it has what the caller wrote.',
  ),
  'basalt.db.shared_login': boolean(
    false,
    "Where authenticator or a service's role cannot log in, its SQL runs with the rights of the user of the database URL.",
  ),
  'basalt.db.statement_timeout': wait('8s', 'Longest statement of an API request.'),
  'basalt.db.prepared_statements': boolean(
    true,
    'Prepares statements; false behind a transaction pooler.',
  ),
  'basalt.rest.db_aggregates_enabled': boolean(true, 'Allows aggregate functions in select.'),
  'basalt.rest.db_plan_enabled': boolean(false, 'Answers requests for execution plans.'),
  'basalt.rest.db_tx_end': choice(
    ['commit', 'commit-allow-override', 'rollback', 'rollback-allow-override'],
    'commit',
    'How transactions end, and whether `Prefer: tx=` may say otherwise.',
  ),
  'basalt.rest.safe_update': boolean(true, 'Refuses to update or delete rows without a filter.'),
  'basalt.auth.leaked_passwords': boolean(
    false,
    'Refuses passwords that are known to have leaked, as haveibeenpwned.com knows them.',
  ),
  'basalt.auth.leaked_passwords_url': text(
    'https://api.pwnedpasswords.com',
    'Service asked for leaked passwords, by the first five characters of their SHA-1.',
  ),
  'basalt.auth.single_session_per_user': boolean(
    false,
    'Of the sessions of a user only the one used last can be refreshed.',
  ),
  'basalt.auth.allow_low_aal': unset(
    duration('0s', 'Who has a second factor and did not use it is signed out after this time.'),
  ),
  'basalt.auth.audit_retention': duration(
    '0s',
    'How long rows of auth.audit_log_entries are kept; 0s keeps them for good.',
  ),
  'basalt.auth.require_current_password': boolean(
    false,
    'A change of password needs the present one, but for who came by a link or a code.',
  ),
  'basalt.functions.max_artifact_size': bytes('20MiB', 'Largest deployed function, packed.'),
  'basalt.functions.max_unpacked_size': bytes(
    '100MiB',
    'Largest deployed function with what it imports, and largest upload of one.',
  ),
  'basalt.functions.cache_size': bytes(
    '2GiB',
    'Functions kept unpacked on this machine; those unused for longest go first.',
  ),
  'basalt.functions.kept_versions': integer(
    10,
    'Versions of a function that can be rolled back to.',
    1,
    1000,
  ),
  'basalt.api_keys.enabled': boolean(
    false,
    "Keys of the project's own customers (docs/api-keys.md): makes their tables, and takes them at every endpoint.",
  ),
  'basalt.api_keys.max_rate_limit': integer(
    1000,
    'Most requests a minute that a user may give a key; the service role gives any.',
    0,
    1_000_000,
  ),
  'basalt.api_keys.max_monthly_quota': integer(
    1_000_000,
    'Most requests a month that a user may give a key; the service role gives any.',
    0,
    2_147_483_647,
  ),
  'basalt.api_keys.max_keys_per_user': integer(100, 'Most keys of a user.', 0, 1_000_000),
  'basalt.api_keys.usage_retention': duration(
    '2160h',
    'How long rows of usage_metrics are kept (90 days); 0s keeps them for good.',
  ),
  'basalt.max_body_size': bytes('16MiB', 'Largest request body, uploads to Storage aside.'),
  'basalt.max_bodies': bytes(
    '128MiB',
    'Request bodies held in memory at the same time, all together; further large ones are answered 503.',
  ),
  'basalt.max_connections': integer(
    20_000,
    'Most client connections; three quarters of the files that the process may open, where that is less.',
    1,
    1_000_000,
  ),
  'basalt.max_url_length': integer(16_384, 'Longest path and query of a request.', 256, 1_048_576),
  'basalt.max_header_size': bytes('32KiB', 'Largest header block of a request.'),
  'basalt.request_timeout': wait('60s', 'A request is given up after this time.'),
  'basalt.header_timeout': wait('15s', 'How long a client may take to send its headers.'),
  'basalt.keep_alive_timeout': wait('65s', 'How long an idle connection is kept.'),
  'basalt.shutdown_timeout': wait(
    '10s',
    'How long requests in flight may take to end when stopping.',
  ),
  'basalt.shutdown_delay': wait(
    '0s',
    'How long a node that is told to stop goes on as before, its /health 503, so that load balancers turn away; then it lets their connections go as long again. 1s in `basalt serve`.',
  ),
}
