/** One line of the audit log. */
import type { JsonObject } from '#base/kernel'
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'
import { noInstance } from '#services/auth/sql'

export function insertAuditEntry(id: string, payload: JsonObject, now: string): Statement {
  return sql`/* auth.insertAuditEntry */
    insert into auth.audit_log_entries (instance_id, id, payload, ip_address, created_at)
    values (${noInstance}, ${id}, ${JSON.stringify(payload)}, '', ${now})`
}
