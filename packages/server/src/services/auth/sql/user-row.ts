/** A user as every statement of auth returns one: the row with its identities and factors. */
import { verbatim } from '#base/sql'
import type { JsonObject } from '#base/kernel'

/** Timestamps are Postgres text in UTC: `2026-01-01 00:00:00.123456+00`. */
export interface UserRow {
  readonly id: string
  readonly aud: string | null
  readonly role: string | null
  readonly email: string | null
  readonly encrypted_password: string | null
  readonly email_confirmed_at: string | null
  readonly invited_at: string | null
  readonly phone: string | null
  readonly phone_confirmed_at: string | null
  readonly confirmation_sent_at: string | null
  readonly confirmed_at: string | null
  readonly recovery_sent_at: string | null
  readonly email_change: string | null
  readonly email_change_sent_at: string | null
  readonly phone_change: string | null
  readonly phone_change_sent_at: string | null
  readonly reauthentication_token: string | null
  readonly reauthentication_sent_at: string | null
  readonly last_sign_in_at: string | null
  readonly raw_app_meta_data: JsonObject | null
  readonly raw_user_meta_data: JsonObject | null
  readonly created_at: string | null
  readonly updated_at: string | null
  readonly banned_until: string | null
  readonly deleted_at: string | null
  readonly is_sso_user: boolean
  readonly is_anonymous: boolean
  /** As they go over the wire, except for the offset of their timestamps. */
  readonly identities: readonly JsonObject[]
  readonly factors: readonly JsonObject[]
}

/** Columns of `UserRow`, from `auth.users as users`. */
export const userColumns = verbatim(`
  users.id, users.aud, users.role, users.email, users.encrypted_password, users.email_confirmed_at,
  users.invited_at, users.phone, users.phone_confirmed_at, users.confirmation_sent_at, users.confirmed_at,
  users.recovery_sent_at, users.email_change, users.email_change_sent_at, users.phone_change,
  users.phone_change_sent_at, users.reauthentication_token, users.reauthentication_sent_at,
  users.last_sign_in_at, users.raw_app_meta_data, users.raw_user_meta_data, users.created_at,
  users.updated_at, users.banned_until, users.deleted_at, users.is_sso_user, users.is_anonymous,
  (select coalesce(json_agg(json_build_object(
      'identity_id', identity.id, 'id', identity.provider_id, 'user_id', identity.user_id,
      'identity_data', identity.identity_data, 'provider', identity.provider,
      'last_sign_in_at', identity.last_sign_in_at, 'created_at', identity.created_at,
      'updated_at', identity.updated_at, 'email', identity.email
    ) order by identity.created_at, identity.id), '[]')
    from auth.identities as identity where identity.user_id = users.id) as identities,
  (select coalesce(json_agg(json_build_object(
      'id', factor.id, 'created_at', factor.created_at, 'updated_at', factor.updated_at,
      'status', factor.status, 'friendly_name', factor.friendly_name, 'factor_type', factor.factor_type,
      'phone', factor.phone, 'last_challenged_at', factor.last_challenged_at,
      'web_authn_aaguid', factor.web_authn_aaguid,
      'last_webauthn_challenge_data', factor.last_webauthn_challenge_data
    ) order by factor.created_at, factor.id), '[]')
    from auth.mfa_factors as factor where factor.user_id = users.id) as factors`)

/** Old rows and rows written by hand may have no instance. */
export const noInstance = '00000000-0000-0000-0000-000000000000'
