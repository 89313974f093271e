/** What lists of functions, triggers, jobs and the like look like. */
import {
  flag,
  integer,
  listOf,
  nullable,
  number,
  object,
  oneOf,
  text,
} from '#host/control-plane/route'
import type { Schema } from '#host/control-plane/route'
import { name } from './schemas.ts'

const oid = integer('Its number', 0, 4_294_967_295)
const definition = text('SQL', 500_000)
const comment = nullable(text('What was said of it', 10_000))
const at = (description: string): Schema => nullable(text(`${description}, ISO 8601`, 40))
const schema = name('Its schema')
const own = name('Its name')
const table = { schema: name('Of the table'), table_oid: oid, table: name('The table') }

export const functionSchema = object({
  oid,
  schema,
  name: own,
  language: name('Of its text'),
  kind: oneOf(['function', 'procedure', 'aggregate', 'window'], 'What it is'),
  arguments: text('As Postgres writes them', 10_000),
  returns: nullable(text('As Postgres writes it', 1000)),
  volatility: oneOf(['immutable', 'stable', 'volatile'], 'Whether it may write'),
  security_definer: flag('Runs as its owner'),
  owner: name('Whose it is'),
  settings: listOf(text('name=value', 10_000)),
  callable_by: listOf(name('A role')),
  definition: nullable(definition),
  comment,
})

export const triggerSchema = object({
  ...table,
  name: own,
  enabled: flag('Whether it fires'),
  function_schema: name('Of what it calls'),
  function: name('What it calls'),
  definition,
})

export const enumSchema = object({ schema, name: own, values: listOf(text('In order')), comment })

export const extensionSchema = object({
  name: own,
  installed_version: nullable(text('Null where it is not made', 100)),
  default_version: nullable(text('What would be made', 100)),
  schema: nullable(name('Where its objects are')),
  comment,
})

export const roleSchema = object({
  name: own,
  superuser: flag('No right is asked for'),
  bypasses_rls: flag('No policy is asked'),
  can_login: flag('Has sessions of its own'),
  can_create_roles: flag('Makes roles'),
  can_create_databases: flag('Makes databases'),
  replication: flag('Reads the log of changes'),
  inherits: flag('Has the rights of what it is a member of'),
  connection_limit: nullable(integer('At once')),
  connections: integer('Now'),
  member_of: listOf(name('A role')),
})

export const publicationSchema = object({
  name: own,
  all_tables: flag('Also those made later'),
  operations: listOf(flag('insert, update, delete, truncate')),
  tables: listOf(text('schema.table', 200)),
})

export const slotSchema = object({
  name: own,
  type: oneOf(['logical', 'physical'], 'What is read'),
  plugin: nullable(name('Which form')),
  active: flag('Somebody reads it'),
  temporary: flag('Ends with its reader'),
  wal_status: nullable(text('reserved, extended, unreserved, lost', 40)),
  confirmed_lsn: nullable(text('How far the reader is', 40)),
  lag_bytes: nullable(integer('Of the log that the reader has not confirmed')),
  kept_bytes: nullable(integer('Of the log that is kept for it')),
})

export const indexSchema = object({
  ...table,
  name: own,
  method: name('btree, gin, …'),
  unique: flag('No two rows have the same'),
  primary: flag('Of the primary key'),
  valid: flag('Whether it is used'),
  scans: integer('How often it was used'),
  bytes: integer('As of the last VACUUM or ANALYZE'),
  definition,
})

const available = flag('The extension is made')
const id = text('Its number', 40)

export const cronSchema = object({
  available,
  jobs: listOf(
    object({
      id,
      name: nullable(text('Its name')),
      schedule: text('When'),
      command: text('SQL', 10_000),
      username: name('As whom'),
      database: name('Where'),
      active: flag('Whether it runs'),
    }),
  ),
  runs: listOf(
    object({
      id,
      job_id: nullable(id),
      status: nullable(text('succeeded, failed, running', 40)),
      message: nullable(text('What Postgres said', 10_000)),
      started_at: at('When it began'),
      ms: nullable(number('How long it took')),
    }),
    'The newest 200',
  ),
})

export const queuesSchema = object({
  available,
  queues: listOf(
    object({
      name: own,
      unlogged: flag('Gone after a crash'),
      partitioned: flag('In parts'),
      created_at: at('When it was made'),
      messages: nullable(
        integer('In it, at most 1,000,000 are counted; null where its table is gone'),
      ),
      visible: nullable(integer('Of them nobody has taken')),
      oldest_seconds: nullable(number('How long the oldest waits')),
      archived: nullable(integer('As Postgres last counted')),
    }),
  ),
})

export const webhooksSchema = object({
  available,
  hooks: listOf(object({ name: own, ...table, enabled: flag('Whether it fires'), definition })),
  deliveries: listOf(
    object({
      id,
      hook: text('Its name'),
      schema: nullable(name('Of the table')),
      table: nullable(name('The table')),
      at: at('When it fired'),
      status_code: nullable(integer('Null while there is no answer')),
      timed_out: nullable(flag('No answer in time')),
      error: nullable(text('What went wrong', 2000)),
      answer: nullable(text('Its first 2000 characters', 2000)),
    }),
    'The newest 200',
  ),
})

export const vaultSchema = object({
  available,
  secrets: listOf(
    object({
      id,
      name: nullable(text('Its name', 10_000)),
      description: text('What was said of it', 2000),
      created_at: at('When it was made'),
      updated_at: at('When it was last changed'),
    }),
  ),
})
