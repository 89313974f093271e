/** What all statements on the control database share. */
import type { Actor } from '#host/control-plane/core'
import { ownSession } from '#base/db'
import type { Database, Session, Transaction } from '#base/db'
import type { Clock } from '#base/kernel'
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'
import type { DataKeys } from './data-keys.ts'

export interface ControlStore {
  readonly db: Database
  readonly dataKeys: DataKeys
  readonly clock: Clock
}

/** No name of these statements is looked up anywhere but where they say. */
export const controlSession: Session = {
  ...ownSession,
  settings: [...ownSession.settings, ['search_path', '']],
}

/** Waiting for a connection included: with the control database away, callers hear of it soon. */
export const readTimeoutMs = 3_000
/** A change may wait for another one. */
export const changeTimeoutMs = 20_000

export function read<T>(
  { db }: Pick<ControlStore, 'db'>,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  return db.begin({ ...controlSession, readOnly: true }, work, { timeoutMs: readTimeoutMs })
}

export function change<T>(
  { db }: Pick<ControlStore, 'db'>,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  return db.begin(controlSession, work, { timeoutMs: changeTimeoutMs })
}

/** A row of the audit log, written with what it tells of. `detail` has no secrets in it. */
export function auditRow(
  actor: Actor,
  action: string,
  ref: string | null,
  detail: Readonly<Record<string, unknown>> = {},
): Statement {
  return sql`/* control.writeAudit */
    insert into basalt_control.audit_log (actor, address, action, ref, detail)
    values (${actor.name}, ${actor.address}, ${action}, ${ref}, ${JSON.stringify(detail)}::jsonb)`
}
