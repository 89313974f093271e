/** One line of the audit log. */
import type { JsonObject } from '#kernel'
import { sql } from '#sql'
import type { Statement } from '#sql'
import { noInstance } from './user-row.ts'

export function insertAuditEntry(id: string, payload: JsonObject, now: string): Statement {
  return sql`/* auth.insertAuditEntry */
    insert into auth.audit_log_entries (instance_id, id, payload, ip_address, created_at)
    values (${noInstance}, ${id}, ${JSON.stringify(payload)}, '', ${now})`
}
