/** Checks of a project and its database: what is wrong, or soon will be, and what mends it. */
import type { ProjectRecord } from '#host/control-plane/core'
import type { ProjectDatabase } from '#host/control-plane/inspect'
import { hasDefaultSecret } from '#base/token'
import { PlatformError } from '#base/kernel'
import { sql } from '#base/sql'

export interface Check {
  readonly name: string
  readonly level: 'ok' | 'warning' | 'error'
  readonly message: string
  readonly remedy: string | null
}

interface Facts {
  readonly version: string
  readonly connections: number
  readonly max_connections: number
  readonly owner_superuser: boolean | null
  readonly oldest_xid: number
  readonly idle_in_transaction: number
  readonly oldest_query_s: number
  readonly invalid_indexes: string[]
  readonly lagging_slots: string[]
}

const answerMs = 2_000

const readFacts = sql`/* studio.readFacts */
  select pg_catalog.current_setting('server_version') as version,
    (select count(*) from pg_catalog.pg_stat_activity where backend_type = 'client backend') as connections,
    pg_catalog.current_setting('max_connections')::int as max_connections,
    (select rolsuper from pg_catalog.pg_roles where rolname = 'postgres') as owner_superuser,
    (select pg_catalog.age(datfrozenxid) from pg_catalog.pg_database where datname = pg_catalog.current_database()) as oldest_xid,
    (select count(*) from pg_catalog.pg_stat_activity
      where state = 'idle in transaction' and state_change < now() - interval '5 minutes') as idle_in_transaction,
    (select coalesce(extract(epoch from now() - min(query_start)), 0)::int from pg_catalog.pg_stat_activity
      where state = 'active' and datname = pg_catalog.current_database()) as oldest_query_s,
    (select coalesce(array_agg(indexrelid::regclass::text), '{}') from (
      select indexrelid from pg_catalog.pg_index where not indisvalid limit 20) as invalid) as invalid_indexes,
    (select coalesce(array_agg(slot_name::text), '{}') from (
      select slot_name from pg_catalog.pg_replication_slots
      where database = pg_catalog.current_database()
        and pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), coalesce(confirmed_flush_lsn, restart_lsn)) > 1073741824
      limit 20) as lagging) as lagging_slots`

export async function examine(
  database: ProjectDatabase,
  record: ProjectRecord,
  externalUrl: string | null,
): Promise<readonly Check[]> {
  const own = [checkKeys(record, externalUrl)]
  try {
    const begun = performance.now()
    if (!(await answers(database))) return [silent, ...own]
    const ms = Math.round(performance.now() - begun)
    const [facts] = await database.read<Facts>(readFacts)
    if (facts === undefined) return own
    return [
      check('database', true, `Postgres ${facts.version} answered in ${ms} ms`),
      ...checksOf(facts),
      ...own,
    ]
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    const remedy = error.hint ?? silent.remedy ?? ''
    return [check('database', false, error.message, remedy, 'error'), ...own]
  }
}

const silent: Check = {
  name: 'database',
  level: 'error',
  message: `Postgres does not answer within ${answerMs / 1000} s`,
  remedy: 'Look whether it runs, and into its log.',
}

/** Whether it does in time, wherever the question waits. @throws what it answers instead */
async function answers(database: ProjectDatabase): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), answerMs)
  })
  const probe = database.probe(answerMs).then(() => true)
  try {
    return await Promise.race([probe, late])
  } finally {
    clearTimeout(timer)
  }
}

function checksOf(facts: Facts): readonly Check[] {
  const { connections, max_connections: most, oldest_xid: xid } = facts
  return [
    check(
      'owner',
      facts.owner_superuser !== true,
      facts.owner_superuser === true ? '`postgres` is a superuser' : '`postgres` is no superuser',
      'alter role postgres nosuperuser; SQL of operators never runs as a superuser.',
      'error',
    ),
    check(
      'connections',
      connections < most * 0.8,
      `${connections} of ${most} connections are in use`,
      'Lower basalt.db.pool_max, put a pooler in front, or raise max_connections.',
    ),
    check(
      'transactions',
      facts.idle_in_transaction === 0,
      `${facts.idle_in_transaction} transactions have been idle for five minutes`,
      'End them (pg_terminate_backend): what they hold is neither cleaned up nor unlocked.',
    ),
    check(
      'long_queries',
      facts.oldest_query_s < 300,
      `The oldest query runs for ${facts.oldest_query_s} s`,
      'Look at it in pg_stat_activity, and at its plan.',
    ),
    check(
      'wraparound',
      xid < 1_500_000_000,
      `The oldest transaction id is ${xid} transactions old`,
      'vacuum (freeze), and look why autovacuum does not get through.',
      'error',
    ),
    check(
      'indexes',
      facts.invalid_indexes.length === 0,
      facts.invalid_indexes.length === 0
        ? 'All indexes are valid'
        : `Invalid: ${facts.invalid_indexes.join(', ')}`,
      'reindex index concurrently …, or drop it: it is written and never read.',
    ),
    check(
      'slots',
      facts.lagging_slots.length === 0,
      facts.lagging_slots.length === 0
        ? 'No replication slot is far behind'
        : `More than 1 GiB behind: ${facts.lagging_slots.join(', ')}`,
      'Start what reads it, or drop the slot: the log it keeps fills the disk.',
      'error',
    ),
  ]
}

function checkKeys({ keys }: ProjectRecord, externalUrl: string | null): Check {
  const { hostname } = new URL(externalUrl ?? 'http://127.0.0.1')
  const isOpen = !['127.0.0.1', 'localhost', '[::1]'].includes(hostname) && hasDefaultSecret(keys)
  return check(
    'keys',
    !isOpen,
    isOpen ? 'The keys are those everybody knows' : 'The keys are fit for where the project is',
    'Set auth.jwt_secret to a secret of its own: openssl rand -base64 48.',
    'error',
  )
}

function check(
  name: string,
  isOk: boolean,
  message: string,
  remedy = '',
  otherwise: 'warning' | 'error' = 'warning',
): Check {
  return isOk
    ? { name, level: 'ok', message, remedy: null }
    : { name, level: otherwise, message, remedy }
}
