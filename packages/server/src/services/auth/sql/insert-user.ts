/** A new account. Applications' triggers on auth.users see the row as it is inserted here. */
import type { JsonObject } from '#base/kernel'
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'
import { noInstance } from './user-row.ts'

export interface NewUser {
  readonly id: string
  readonly audience: string
  /** Default `authenticated`. */
  readonly role?: string
  readonly email: string | null
  readonly phone: string | null
  readonly passwordHash: string | null
  readonly appMetadata: JsonObject
  readonly userMetadata: JsonObject
  readonly isAnonymous: boolean
  /** The account of a single sign-on provider: its address may be another account's too. */
  readonly isSsoUser?: boolean
}

export function insertUser(user: NewUser, now: string): Statement {
  return sql`/* auth.insertUser */
    insert into auth.users (
      instance_id, id, aud, role, email, phone, encrypted_password, raw_app_meta_data, raw_user_meta_data,
      is_anonymous, is_sso_user, confirmation_token, recovery_token, email_change_token_new, email_change, created_at, updated_at
    ) values (
      ${noInstance}, ${user.id}, ${user.audience}, ${user.role ?? 'authenticated'}, ${user.email}, ${user.phone},
      ${user.passwordHash ?? ''}, ${JSON.stringify(user.appMetadata)}, ${JSON.stringify(user.userMetadata)},
      ${user.isAnonymous}, ${user.isSsoUser ?? false}, '', '', '', '', ${now}, ${now}
    )`
}
