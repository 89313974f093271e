/** Every option of `basalt rest`, one row: PostgREST's names, defaults and readings (its configuration reference, v14). */
import type { Option, ValueOf } from './option.ts'
import { accepted, boolean, choice, integer, list, port, secret, text, unset } from './option.ts'

/** An option of PostgREST; the key is its name in the file, `PGRST_` and the name in capitals its variable. */
export interface RestRow<T> extends Option<T> {
  /** An older name in the file. */
  readonly alias: string | null
  /** May be set in the database: `alter role authenticator set pgrst.db_schemas = '…'`. */
  readonly inDatabase: boolean
  /** Empty text is a value instead of "not set". */
  readonly emptiable: boolean
}

interface Traits {
  readonly alias?: string
  readonly inDatabase?: boolean
  readonly emptiable?: boolean
}

function row<T>(option: Option<T>, traits: Traits = {}): RestRow<T> {
  const { alias = null, inDatabase = false, emptiable = false } = traits
  return { ...option, alias, inDatabase, emptiable }
}

const inDatabase = { inDatabase: true }

export const restOptions = {
  'admin-server-host': row(unset(text('', 'Address of the admin server; default server-host.'))),
  'admin-server-port': row(
    unset(port(3001, 'Port of the admin server; without one there is none.')),
  ),
  'admin-server-unix-socket': row(unset(text('', 'Unix socket of the admin server.'))),
  'admin-server-unix-socket-mode': row(socketMode('Its permissions, octal.')),
  'client-error-verbosity': row(
    choice(['verbose', 'minimal'], 'verbose', 'Whether errors carry details and hint.'),
    inDatabase,
  ),
  'db-aggregates-enabled': row(boolean(false, 'Allows aggregate functions in select.'), inDatabase),
  'db-anon-role': row(
    unset(text('', 'Role of requests without a token; without one they are refused.')),
    inDatabase,
  ),
  'db-channel': row(text('pgrst', 'Channel of NOTIFY for reloads.')),
  'db-channel-enabled': row(boolean(true, 'Listens on that channel.')),
  'db-config': row(boolean(true, 'Reads settings of the database (pgrst.*) too.')),
  'db-extra-search-path': row(
    list(['public'], 'Schemas added to the search path of every request.'),
    { inDatabase: true, emptiable: true },
  ),
  'db-hoisted-tx-settings': row(
    list(
      ['statement_timeout', 'plan_filter.statement_cost_limit', 'default_transaction_isolation'],
      "Settings of functions that apply to the whole request's transaction.",
    ),
    inDatabase,
  ),
  'db-max-rows': row(unset(integer(0, 'Most rows a request returns.')), {
    alias: 'max-rows',
    inDatabase: true,
  }),
  'db-plan-enabled': row(boolean(false, 'Answers requests for execution plans.'), inDatabase),
  'db-pool': row(integer(10, 'Most connections to the database.', 1, 10_000)),
  'db-pool-acquisition-timeout': row(
    integer(10, 'Seconds a request waits for a connection.', 1, 86_400),
  ),
  'db-pool-automatic-recovery': row(
    boolean(true, 'Reconnects after a failure; false ends the process instead.'),
  ),
  'db-pool-max-idletime': row(integer(30, 'Seconds an idle connection is kept.'), {
    alias: 'db-pool-timeout',
  }),
  'db-pool-max-lifetime': row(
    integer(1800, 'A connection is replaced after so many seconds, one at a time; 0 means never.'),
  ),
  'db-pre-config': row(
    unset(text('', 'Function that sets pgrst.* settings before they are read.')),
    inDatabase,
  ),
  'db-pre-request': row(unset(text('', 'Function called first in every transaction.')), {
    alias: 'pre-request',
    inDatabase: true,
  }),
  'db-prepared-statements': row(
    boolean(true, 'Prepares statements; false behind a transaction pooler.'),
    inDatabase,
  ),
  'db-root-spec': row(
    unset(text('', 'Function that answers `/` instead of the OpenAPI document.')),
    {
      alias: 'root-spec',
      inDatabase: true,
    },
  ),
  'db-schemas': row(list(['public'], 'Schemas that are exposed; the first is the default.'), {
    alias: 'db-schema',
    inDatabase: true,
  }),
  'db-tx-end': row(
    choice(
      ['commit', 'commit-allow-override', 'rollback', 'rollback-allow-override'],
      'commit',
      'How transactions end, and whether `Prefer: tx=` may say otherwise.',
    ),
    inDatabase,
  ),
  'db-uri': row(
    secret(
      text(
        'postgresql://',
        "The database; `@file` reads it from a file, libpq's PG* variables fill in.",
      ),
    ),
  ),
  'jwt-aud': row(unset(text('', 'Audience a token that names any must name.')), inDatabase),
  'jwt-cache-max-entries': row(
    integer(1000, 'Verified tokens that are remembered; 0 for none.'),
    inDatabase,
  ),
  'jwt-role-claim-key': row(text('$.role', 'JSONPath of the claim that names the role.'), {
    alias: 'role-claim-key',
    inDatabase: true,
  }),
  'jwt-secret': row(
    secret(
      unset(
        text('', 'Secret of 32 characters or more, JWK or JWKS; `@file` reads it from a file.'),
      ),
    ),
    inDatabase,
  ),
  'jwt-secret-is-base64': row(boolean(false, 'The secret is base64.'), {
    alias: 'secret-is-base64',
    inDatabase: true,
  }),
  'log-level': row(
    choice(['crit', 'error', 'warn', 'info', 'debug'], 'error', 'Least level that is logged.'),
  ),
  'log-query': row(accepted(boolean(false, 'Logs the SQL of requests.'))),
  'openapi-mode': row(
    choice(
      ['follow-privileges', 'ignore-privileges', 'disabled'],
      'follow-privileges',
      'What the OpenAPI document shows.',
    ),
    inDatabase,
  ),
  'openapi-security-active': row(
    boolean(false, 'The OpenAPI document asks for a token.'),
    inDatabase,
  ),
  'openapi-server-proxy-uri': row(
    unset(proxyUri('Where clients reach the API, for the OpenAPI document.')),
    inDatabase,
  ),
  'server-cors-allowed-origins': row(
    list([], 'Origins whose pages may call; none set means all.'),
    inDatabase,
  ),
  'server-host': row(text('!4', 'Address to listen on; `*`, `*4`, `!4`, `*6`, `!6` for all.')),
  'server-port': row(integer(3000, 'Port to listen on; 0 takes a free one.', 0, 65_535)),
  'server-reuseport': row(accepted(boolean(false, 'Shares the port with other processes.'))),
  'server-timing-enabled': row(
    boolean(false, 'Responses tell how long each stage took.'),
    inDatabase,
  ),
  'server-trace-header': row(unset(text('', 'Request header that is sent back.')), inDatabase),
  'server-unix-socket': row(unset(text('', 'Unix socket to listen on instead of the port.'))),
  'server-unix-socket-mode': row(socketMode('Its permissions, octal.')),
  'url-use-legacy-target-names': row(
    boolean(true, 'Filters may name an embedded relation that has an alias by its own name.'),
    inDatabase,
  ),
} as const

export type RestKey = keyof typeof restOptions

/** Effective options by PostgREST's names, frozen. */
export type RestConfig = { readonly [K in RestKey]: ValueOf<(typeof restOptions)[K]> } & {
  /** `app.settings.<name>`: settings of every transaction. */
  readonly 'app.settings': Readonly<Record<string, string>>
}

/** `db-uri` → `PGRST_DB_URI` */
export function restVariable(key: string): string {
  return `PGRST_${key.replaceAll('-', '_').toUpperCase()}`
}

function socketMode(doc: string): Option<string> {
  return {
    ...text('660', doc),
    type: 'octal from 600 to 777',
    parse: (raw) => {
      const mode = String(raw)
      if (/^[67][0-7]{2}$/.test(mode)) return mode
      throw new Error('expected permissions from 600 to 777, octal')
    },
  }
}

function proxyUri(doc: string): Option<string> {
  return {
    ...text('', doc),
    type: 'URL',
    parse: (raw) => {
      if (typeof raw === 'string' && /^https?:\/\/[^/@]+/.test(raw) && URL.canParse(raw)) return raw
      throw new Error('expected a URL like https://example.com:8443/basePath')
    },
  }
}

/** What the database may say, in its spelling: `db_schemas`. */
export const inDatabaseNames: readonly string[] = Object.entries(restOptions)
  .filter(([, option]) => option.inDatabase)
  .map(([key]) => key.replaceAll('-', '_'))
