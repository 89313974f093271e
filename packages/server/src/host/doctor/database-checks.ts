/** Checks of a database: what is wrong, or soon will be, and what mends it. Pure. */
import { check, checkNone } from './check.ts'
import type { Check } from './check.ts'
import type { Facts, Rights } from './read-facts.ts'

const dayMs = 86_400_000
const soonMs = 90 * dayMs
/** When the project stops mending a major version (postgresql.org/support/versioning). */
const lastFixes: Readonly<Record<number, string>> = {
  15: '2027-11-11',
  16: '2028-11-09',
  17: '2029-11-08',
  18: '2030-11-14',
}

export interface Asked {
  /** When the facts were asked for and there: milliseconds since 1970. */
  readonly asked: number
  readonly answered: number
  /** Of Realtime, which reads the log. */
  readonly needsLog: boolean
  readonly mostConnections: number | null
}

/** Of the services, the platform and the log, beside the callers' pool. */
const otherConnections = 30

export function databaseChecks(
  facts: Facts,
  { asked, answered, needsLog, mostConnections }: Asked,
): Check[] {
  const { connections, max_connections: most, oldest_xid: xid } = facts
  const { hidden_sessions: hidden } = facts
  const unseen = hidden === 0 ? '' : ` (${hidden} sessions are hidden without pg_read_all_stats)`
  const isSuper = facts.owner_superuser === true
  return [
    check(
      'owner',
      !isSuper,
      isSuper ? '`postgres` is a superuser' : '`postgres` is no superuser',
      'alter role postgres nosuperuser; SQL of operators never runs as a superuser.',
      'error',
    ),
    check(
      'connections',
      connections < most * 0.8,
      `${connections} of ${most} connections are in use`,
      'Lower basalt.db.pool_max, put a pooler in front, or raise max_connections.',
    ),
    ...(mostConnections === null ? [] : [poolCheck(mostConnections, most)]),
    check(
      'transactions',
      facts.idle_in_transaction === 0,
      `${facts.idle_in_transaction} transactions have been idle for five minutes${unseen}`,
      'End them (pg_terminate_backend): what they hold is neither cleaned up nor unlocked.',
    ),
    check(
      'long_queries',
      facts.oldest_query_s < 300,
      `The oldest query runs for ${facts.oldest_query_s} s${unseen}`,
      'Look at it in pg_stat_activity, and at its plan.',
    ),
    check(
      'wraparound',
      xid < 1_500_000_000,
      `The oldest transaction id is ${xid} transactions old`,
      'vacuum (freeze), and look why autovacuum does not get through.',
      'error',
    ),
    checkNone('indexes', facts.invalid_indexes, {
      none: 'All indexes are valid',
      some: 'These indexes are invalid',
      remedy: 'reindex index concurrently …, or drop it: it is written and never read.',
    }),
    checkNone('extensions', facts.outdated_extensions, {
      none: 'All extensions are of the version that the server has',
      some: 'Extensions are older than what the server has',
      remedy: 'alter extension … update, in a migration; read its release notes first.',
    }),
    ...slotChecks(facts),
    checkNone(
      'durability',
      facts.unsafe,
      {
        none: 'What is committed is on disk',
        some: 'These are off, so not all that is committed is on disk',
        remedy: 'Turn them on: a crash of the machine may destroy the database.',
      },
      'error',
    ),
    check(
      'wal_level',
      !needsLog || facts.wal_level === 'logical',
      `wal_level is ${facts.wal_level}`,
      "alter system set wal_level = 'logical', and start Postgres again: without it Realtime and the cache hear of no changes.",
    ),
    clockCheck(facts.now_ms, asked, answered),
    versionCheck(facts, answered),
  ]
}

function poolCheck(pool: number, most: number): Check {
  return check(
    'pools',
    pool + otherConnections <= most,
    `basalt.db.pool_max is ${pool}, max_connections ${most}`,
    `Every node may open pool_max and ${otherConnections} more: lower the one or raise the other, or put a pooler in front.`,
  )
}

function slotChecks({ lagging_slots, unused_slots, lost_slots }: Facts): Check[] {
  return [
    checkNone(
      'slots',
      lagging_slots,
      {
        none: 'No replication slot is far behind',
        some: 'More than 1 GiB behind',
        remedy: 'Start what reads it, or drop the slot: the log it keeps fills the disk.',
      },
      'error',
    ),
    checkNone('unused_slots', [...new Set([...unused_slots, ...lost_slots])], {
      none: 'All replication slots are read',
      some: 'Read by nobody',
      remedy:
        "Start what reads it, or select pg_drop_replication_slot('…'): Postgres keeps the log for it. One that is lost has to be made again.",
    }),
  ]
}

/** Tokens and rate limits go by the clocks. */
function clockCheck(nowMs: number, asked: number, answered: number): Check {
  const skewMs = nowMs < asked ? nowMs - asked : Math.max(0, nowMs - answered)
  const seconds = (Math.abs(skewMs) / 1000).toFixed(1)
  const isGrave = Math.abs(skewMs) > 30_000
  return check(
    'clock',
    Math.abs(skewMs) <= 2_000,
    `The database's clock is ${seconds} s ${skewMs < 0 ? 'behind' : 'ahead of'} ours`,
    'Let both machines follow a time server (chrony, systemd-timesyncd): tokens are accepted and refused by the clock.',
    isGrave ? 'error' : 'warning',
  )
}

function versionCheck({ version, version_num: number }: Facts, now: number): Check {
  const major = Math.floor(number / 10_000)
  const last = lastFixes[major]
  if (major < 15)
    return check('version', false, `Postgres ${version}`, 'Use Postgres 15 or later.', 'error')
  const until = last === undefined ? Infinity : Date.parse(last)
  return check(
    'version',
    until - now > soonMs,
    `Postgres ${version}${last === undefined ? '' : `, mended until ${last}`}`,
    'Go to a newer major version: pg_upgrade, or your provider’s way.',
    until < now ? 'error' : 'warning',
  )
}

export function rightsChecks({ open_tables, definers, owner_views }: Rights): Check[] {
  return [
    checkNone(
      'row_security',
      open_tables,
      {
        none: 'Row level security is on for all tables that the API shows',
        some: 'Row level security is off, and anon or authenticated have rights',
        remedy:
          'alter table … enable row level security, and write policies: whoever has the public key may do there what is granted.',
      },
      'error',
    ),
    checkNone('definers', definers, {
      none: 'No function that callers may execute has the rights of its owner',
      some: 'With the rights of their owner (security definer), for callers to execute',
      remedy:
        'Move them to a schema that the API does not show, make them security invoker, or revoke execute … from public, anon, authenticated.',
    }),
    checkNone('views', owner_views, {
      none: 'All views that the API shows ask the policies of their callers',
      some: 'Without security_invoker, past the policies of their callers',
      remedy:
        'alter view … set (security_invoker = true), unless it is meant to show what policies do not.',
    }),
  ]
}
