/** Passkeys and what WebAuthn ceremonies wait for. */
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'
import type { JsonObject } from '#base/kernel'

export interface PasskeyRow {
  readonly id: string
  readonly user_id: string
  /** Hexadecimal. */
  readonly credential_id: string
  /** COSE, hexadecimal. */
  readonly public_key: string
  readonly sign_count: number
  readonly transports: readonly string[]
  readonly friendly_name: string
  readonly created_at: string
  readonly last_used_at: string | null
}

export function listPasskeys(userId: string): Statement {
  return sql`/* auth.listPasskeys */
    select id, user_id, encode(credential_id, 'hex') as credential_id, encode(public_key, 'hex') as public_key,
      sign_count, transports, friendly_name, created_at, last_used_at
    from auth.webauthn_credentials where user_id = ${userId} order by created_at, id`
}

export interface NewPasskey {
  readonly id: string
  readonly userId: string
  readonly credentialId: Uint8Array
  readonly publicKey: Uint8Array
  readonly attestationType: string
  readonly aaguid: string
  readonly signCount: number
  readonly transports: readonly string[]
  readonly isBackupEligible: boolean
  readonly isBackedUp: boolean
  readonly friendlyName: string
}

/** No row comes back when the user has `most` already. The user's row is locked, so that two do not both count one less. */
export function insertPasskey(passkey: NewPasskey, most: number, now: string): Statement {
  return sql`/* auth.insertPasskey */
    insert into auth.webauthn_credentials (
      id, user_id, credential_id, public_key, attestation_type, aaguid, sign_count, transports, backup_eligible,
      backed_up, friendly_name, created_at, updated_at
    )
    select ${passkey.id}::uuid, owner.id, ${passkey.credentialId}::bytea, ${passkey.publicKey}::bytea,
      ${passkey.attestationType}, ${passkey.aaguid}::uuid, ${passkey.signCount}::bigint,
      ${JSON.stringify(passkey.transports)}::jsonb, ${passkey.isBackupEligible}::boolean,
      ${passkey.isBackedUp}::boolean, ${passkey.friendlyName}, ${now}::timestamptz, ${now}::timestamptz
    from (select id from auth.users where id = ${passkey.userId} for update) as owner
    where (select count(*) from auth.webauthn_credentials where user_id = owner.id) < ${most}::int
    returning id`
}

export function usePasskey(id: string, signCount: number, now: string): Statement {
  return sql`/* auth.usePasskey */
    update auth.webauthn_credentials
    set sign_count = ${signCount}, last_used_at = ${now}, updated_at = ${now} where id = ${id}`
}

export function renamePasskey(id: string, friendlyName: string, now: string): Statement {
  return sql`/* auth.renamePasskey */
    update auth.webauthn_credentials set friendly_name = ${friendlyName}, updated_at = ${now} where id = ${id}`
}

export function deletePasskey(id: string): Statement {
  return sql`/* auth.deletePasskey */ delete from auth.webauthn_credentials where id = ${id}`
}

export interface NewCeremony {
  readonly id: string
  /** Null for a sign-in, which nobody knows yet whose it will be. */
  readonly userId: string | null
  readonly type: 'registration' | 'authentication'
  readonly data: JsonObject
  readonly expiresAt: string
}

/** Old ones go at the same time, some at once: nobody else clears them away. */
export function insertCeremony(ceremony: NewCeremony, now: string): Statement {
  return sql`/* auth.insertCeremony */
    with old as (
      delete from auth.webauthn_challenges where id in (
        select id from auth.webauthn_challenges where expires_at < ${now}::timestamptz - interval '1 day' limit 100
      )
    )
    insert into auth.webauthn_challenges (id, user_id, challenge_type, session_data, created_at, expires_at)
    values (${ceremony.id}, ${ceremony.userId}, ${ceremony.type}, ${JSON.stringify(ceremony.data)}::jsonb, ${now},
      ${ceremony.expiresAt})`
}

export interface CeremonyRow {
  readonly session_data: JsonObject
  readonly expires_ms: number
}

/** Gone with the first answer, right or wrong. */
export function takeCeremony(
  id: string,
  type: NewCeremony['type'],
  userId: string | null,
): Statement {
  return sql`/* auth.takeCeremony */
    delete from auth.webauthn_challenges
    where id = ${id} and challenge_type = ${type} and user_id is not distinct from ${userId}::uuid
    returning session_data, extract(epoch from expires_at)::float8 * 1000 as expires_ms`
}
