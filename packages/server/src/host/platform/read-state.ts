/** What of a project's database is measured when metrics are asked for. */
import type { ExtensionsWorker } from '#services/extensions'
import type { ProjectState } from '#host/gateway'
import { decodeRows, systemSession } from '#base/db'
import type { Database, Result } from '#base/db'
import type { ProjectKeys } from '#base/token'
import { sql } from '#base/sql'

const noQueues = { netWaiting: null, cronJobs: null }
const patienceMs = 2_000
/** A project may make slots of its own. */
const maxSlots = 20

interface SlotRow {
  readonly name: string
  readonly active: boolean
  readonly retained: number | null
  readonly limit: number | null
}

export async function readState(
  db: Database,
  jobs: ExtensionsWorker | null,
): Promise<ProjectState> {
  const [slots, queues] = await Promise.all([readSlots(db), jobs?.queues() ?? noQueues])
  return { slots, ...queues }
}

/** Functions of Postgres alone: this runs as the platform's user. */
async function readSlots(db: Database): Promise<ProjectState['slots']> {
  const [result] = await db.transaction(
    systemSession,
    [
      sql`/* platform.readSlots */
        select slot_name::text as name, active,
          pg_catalog.pg_wal_lsn_diff(case when pg_catalog.pg_is_in_recovery()
            then pg_catalog.pg_last_wal_replay_lsn() else pg_catalog.pg_current_wal_lsn() end, restart_lsn)::float8 as retained,
          (select case when setting::float8 < 0 then null else setting::float8 * 1048576 end
            from pg_catalog.pg_settings where name = 'max_slot_wal_keep_size') as limit
        from pg_catalog.pg_replication_slots
        where database = pg_catalog.current_database() order by restart_lsn nulls first, slot_name limit ${maxSlots}`,
    ],
    { lane: 'read', leaves: 'nothing', timeoutMs: patienceMs },
  )
  return decodeRows<SlotRow>(result as Result).map(({ name, active, retained, limit }) => ({
    name,
    isActive: active,
    retainedBytes: Math.max(0, retained ?? 0),
    limitBytes: limit,
  }))
}

/** When the keys that are tokens end, Unix seconds. */
export function keyExpiry(keys: ProjectKeys): Record<string, number> {
  const ends: Record<string, number> = {}
  for (const [name, token] of [
    ['anon', keys.anonKey],
    ['service_role', keys.serviceRoleKey],
  ] as const) {
    const { exp } = claimsOf(token)
    if (typeof exp === 'number') ends[name] = exp
  }
  return ends
}

function claimsOf(token: string): { readonly exp?: unknown } {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()
    return JSON.parse(payload) as { readonly exp?: unknown }
  } catch {
    return {}
  }
}
