/** What is written to `auth.audit_log_entries`. */
import type { JsonObject } from '#base/kernel'
import type { Statement } from '#base/sql'
import { newId } from './auth-context.ts'
import type { AuthContext } from './auth-context.ts'
import { insertAuditEntry } from './insert-audit-entry.ts'

const logTypes = {
  login: 'account',
  logout: 'account',
  user_signedup: 'team',
  token_revoked: 'token',
  token_refreshed: 'token',
  user_modified: 'user',
  user_confirmation_requested: 'user',
  user_repeated_signup: 'user',
  user_updated_password: 'user',
  user_deleted: 'team',
  user_invited: 'team',
  user_recovery_requested: 'user',
  user_reauthenticate_requested: 'user',
  invite_accepted: 'account',
  factor_in_progress: 'factor',
  factor_unenrolled: 'factor',
  factor_deleted: 'factor',
  factor_updated: 'factor',
  challenge_created: 'factor',
  verification_attempted: 'factor',
  identity_linked: 'user',
  identity_unlinked: 'user',
  passkey_created: 'user',
  passkey_updated: 'user',
  passkey_deleted: 'user',
} as const

export type AuditAction = keyof typeof logTypes

/** Who did it. */
export interface Actor {
  readonly id: string
  readonly email: string | null
  readonly phone: string | null
  readonly is_sso_user: boolean
  readonly raw_user_meta_data: JsonObject | null
}

export function audit(
  context: AuthContext,
  actor: Actor,
  action: AuditAction,
  traits: JsonObject | null = null,
): Statement {
  const name = actor.raw_user_meta_data?.['full_name']
  const payload = {
    actor_id: actor.id,
    actor_username: actor.phone || actor.email || '',
    actor_via_sso: actor.is_sso_user,
    action,
    log_type: logTypes[action],
    ...(name === undefined ? {} : { actor_name: name }),
    ...(traits === null ? {} : { traits }),
  }
  return insertAuditEntry(newId(context), payload, context.now)
}
