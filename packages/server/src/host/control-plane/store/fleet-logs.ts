/** What was done by whom, what was used, and the fleet's own settings: read by operators. */
import { arrayLiteral, fragment, sql } from '#base/sql'
import { change, read } from './control-store.ts'
import type { ControlStore } from './control-store.ts'

export interface AuditEntry {
  readonly id: number
  /** ISO 8601, UTC. */
  readonly at: string
  readonly actor: string
  readonly address: string | null
  readonly action: string
  readonly ref: string | null
  readonly detail: Readonly<Record<string, unknown>>
}

export interface AuditQuery {
  /** Of these projects alone; null for all, and for what belongs to none. */
  readonly refs: readonly string[] | null
  /** Older than this entry. */
  readonly before?: number
  /** At most 1000. */
  readonly limit?: number
}

/** The newest first. */
export function listAudit(store: ControlStore, query: AuditQuery): Promise<AuditEntry[]> {
  const { refs, before = Number.MAX_SAFE_INTEGER, limit = 100 } = query
  const own = refs === null ? fragment`` : fragment`and ref = any (${arrayLiteral(refs)}::text[])`
  return read(store, (transaction) =>
    transaction.rows<AuditEntry>(sql`/* control.listAudit */
      select id, pg_catalog.to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, actor, address, action, ref, detail
      from basalt_control.audit_log where id < ${before}::bigint ${own}
      order by id desc limit ${Math.min(limit, 1000)}::int`),
  )
}

export interface UsageHour {
  readonly ref: string
  /** Unix milliseconds, a full hour. */
  readonly hourMs: number
  readonly requests: number
  readonly errors: number
  readonly durationMs: number
}

/** Between two moments, the first included; at most 10,000 rows. */
export function listUsage(
  store: ControlStore,
  query: { readonly ref: string; readonly fromMs: number; readonly toMs: number },
): Promise<UsageHour[]> {
  return read(store, (transaction) =>
    transaction.rows<UsageHour>(sql`/* control.listUsage */
      select ref, extract(epoch from hour)::float8 * 1000 as "hourMs", requests, errors, duration_ms as "durationMs"
      from basalt_control.usage
      where ref = ${query.ref} and hour >= pg_catalog.to_timestamp(${query.fromMs / 1000}::float8)
        and hour < pg_catalog.to_timestamp(${query.toMs / 1000}::float8)
      order by hour limit 10000`),
  )
}

/** `external_url`: where projects are reached, `https://<ref>.example.com`. */
export type SettingName = 'external_url'

export interface FleetSettings {
  get(name: SettingName): Promise<string | null>
  set(name: SettingName, value: string): Promise<void>
}

export function fleetSettings(store: ControlStore): FleetSettings {
  return {
    get: async (name) => {
      const [row] = await read(store, (transaction) =>
        transaction.rows<{ value: string }>(
          sql`/* control.readSetting */ select value from basalt_control.settings where name = ${name}`,
        ),
      )
      return row?.value ?? null
    },
    set: async (name, value) => {
      await change(store, (transaction) =>
        transaction.run(sql`/* control.writeSetting */
          insert into basalt_control.settings as known (name, value) values (${name}, ${value})
          on conflict (name) do update set value = excluded.value, updated_at = now()
          where known.value <> excluded.value`),
      )
    },
  }
}
