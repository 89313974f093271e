/** The extensions of ours, one row each: what stands in for what stock Postgres lacks. */

export interface StandIn {
  readonly name: string
  readonly comment: string
  /** Where its objects are, whatever schema is asked for; null for any. Made with the extension when it is missing. */
  readonly schema: string | null
  /** Released versions of the real one, the newest first: each can be asked for by name, and gives the same. */
  readonly versions: readonly string[]
  /** The files in `sql/` it is made of, with what each `@type@` stands for. Default: the one of its name. */
  readonly parts?: readonly (readonly [file: string, type?: string])[]
}

/** `{ '1.5': 2 }` → `1.5.2, 1.5.1, 1.5.0` */
function series(lines: Readonly<Record<string, number>>): string[] {
  return Object.entries(lines).flatMap(([line, last]) =>
    Array.from({ length: last + 1 }, (_, i) => `${line}.${last - i}`),
  )
}

const vectorParts = [
  ['vector-cube'],
  ['vector-type', 'vector'],
  ['vector-type', 'halfvec'],
  ['vector-rest'],
] as const

/** Extensions that do what their name says. */
const working: readonly StandIn[] = [
  {
    name: 'supabase_vault',
    comment: 'secrets, encrypted with a key that is in no table',
    schema: 'vault',
    versions: ['0.3.1', '0.3.0', '0.2.9', '0.2.8'],
  },
  {
    name: 'pg_net',
    comment: 'HTTP requests that leave after commit',
    schema: null,
    versions: [
      ...series({ '0.20': 4, '0.19': 7 }),
      ...series({ '0.18': 0, '0.17': 0, '0.16': 0, '0.15': 1, '0.14': 0, '0.13': 0, '0.12': 0 }),
      ...series({ '0.11': 0, '0.10': 0, '0.9': 3, '0.8': 0, '0.7': 3 }),
      '0.7',
      '0.6',
    ],
  },
  {
    name: 'pg_cron',
    comment: 'SQL at given times',
    schema: null,
    versions: ['1.6.7', '1.6.6', '1.6.5', '1.6.4', '1.6.3', '1.6.2', '1.6', '1.5', '1.4-1', '1.4'],
  },
  {
    name: 'pgmq',
    comment: 'message queues in tables',
    schema: 'pgmq',
    versions: series({
      '1.8': 1,
      '1.7': 0,
      '1.6': 1,
      '1.5': 2,
      '1.4': 5,
      '1.3': 3,
      '1.2': 1,
      '1.1': 1,
    }),
  },
  {
    name: 'pgjwt',
    comment: 'JSON Web Tokens signed with a shared secret',
    schema: null,
    versions: ['0.2.0', '0.1.1', '0.1.0'],
  },
  {
    name: 'pg_hashids',
    comment: 'short ids from numbers',
    schema: null,
    versions: ['1.3', '1.2.1', '1.2', '1.1', '1.0'],
  },
  {
    name: 'pg_jsonschema',
    comment: 'JSON Schema as a check',
    schema: null,
    versions: series({ '0.3': 3, '0.2': 0, '0.1': 4 }),
  },
  {
    name: 'vector',
    comment: 'vectors with exact search',
    schema: null,
    versions: series({ '0.8': 7, '0.7': 4, '0.6': 2, '0.5': 1, '0.4': 4 }).map(
      (version) => version,
    ),
    parts: vectorParts,
  },
]

/** Extensions that are there by name, so that a dump or a migration goes on; each says so when it is made. */
const named: readonly StandIn[] = [
  {
    name: 'http',
    comment: 'a name: HTTP inside a statement is not offered, use pg_net',
    schema: null,
    versions: ['1.7', '1.6', '1.5', '1.4', '1.3', '1.2', '1.1', '1.0'],
  },
  {
    name: 'index_advisor',
    comment: 'a name: no advice about indexes',
    schema: null,
    versions: ['0.2.0', '0.1.1', '0.1.0'],
  },
  {
    name: 'hypopg',
    comment: 'a name: no hypothetical indexes',
    schema: null,
    versions: ['1.4.2', '1.4.1', '1.4.0', '1.3.1', '1.3.0'],
  },
  {
    name: 'plpgsql_check',
    comment: 'a name: functions are not checked',
    schema: null,
    versions: ['2.8', '2.7', '2.6', '2.5', '2.4', '2.3', '2.2'],
  },
  {
    name: 'pg_tle',
    comment: 'a name: no extensions from tables',
    schema: 'pgtle',
    versions: [
      '1.5.1',
      '1.5.0',
      '1.4.1',
      '1.4.0',
      '1.3.4',
      '1.3.0',
      '1.2.0',
      '1.1.1',
      '1.0.5',
      '1.0.1',
    ],
  },
  {
    name: 'pgsodium',
    comment: 'a name: no libsodium; secrets are kept by supabase_vault',
    schema: 'pgsodium',
    versions: [...series({ '3.1': 9 }), '3.0.7', '3.0.4'],
  },
  {
    name: 'pg_graphql',
    comment: 'a name: no GraphQL',
    schema: 'graphql',
    versions: [...series({ '1.5': 12, '1.4': 4 }), '1.3.0', '1.2.3', '1.2.2', '1.2.0', '1.1.0'],
  },
  {
    name: 'wrappers',
    comment: 'a name: foreign data wrappers without a server behind them',
    schema: null,
    versions: [...series({ '0.5': 7, '0.4': 6, '0.3': 1 }), '0.2.0', '0.1.19', '0.1.15'],
  },
  {
    name: 'pg_stat_monitor',
    comment: 'a name: no statistics of statements',
    schema: null,
    versions: ['2.1', '2.0', '1.1', '1.0'],
  },
]

export const standIns: readonly StandIn[] = [...working, ...named]

/** Index access methods of extensions that stand in for the real one: `create index … using` one of them is to be skipped. */
export const standInAccessMethods: Readonly<Record<string, string>> = {
  hnsw: 'vector',
  ivfflat: 'vector',
}

/** Extensions that nothing can stand in for, and what to say of them. */
export const withoutStandIn: readonly string[] = ['postgis', 'plv8', 'timescaledb']
