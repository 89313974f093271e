/** Second factors, their challenges, and the sessions they raise. */
import type { JsonObject } from '#base/kernel'
import { sql, verbatim } from '#base/sql'
import type { Statement } from '#base/sql'

export interface FactorRow {
  readonly id: string
  readonly factor_type: 'totp' | 'phone' | 'webauthn'
  readonly status: 'unverified' | 'verified'
  readonly secret: string | null
  readonly phone: string | null
  readonly last_challenged_at: string | null
  readonly web_authn_credential: JsonObject | null
}

export function findFactor(id: string, userId: string): Statement {
  return sql`/* auth.findFactor */
    select ${factorColumns} from auth.mfa_factors where id = ${id} and user_id = ${userId}`
}

/** The security keys that count for a user. */
export function listVerifiedKeys(userId: string): Statement {
  return sql`/* auth.listVerifiedKeys */
    select ${factorColumns} from auth.mfa_factors
    where user_id = ${userId} and factor_type = 'webauthn' and status = 'verified'`
}

const factorColumns =
  verbatim(`id, factor_type::text as factor_type, status::text as status, secret, phone,
      last_challenged_at, web_authn_credential`)

export interface NewFactor {
  readonly id: string
  readonly userId: string
  readonly type: FactorRow['factor_type']
  readonly friendlyName: string
  readonly secret: string | null
  readonly phone: string | null
}

export function insertFactor(factor: NewFactor, now: string): Statement {
  return sql`/* auth.insertFactor */
    insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, secret, phone, created_at, updated_at)
    values (${factor.id}, ${factor.userId}, ${factor.friendlyName}, ${factor.type}, 'unverified', ${factor.secret},
      ${factor.phone}, ${now}, ${now})`
}

/** An earlier, unfinished enrolment of the same number gives way. */
export function deleteUnverifiedPhone(userId: string, phone: string): Statement {
  return sql`/* auth.deleteUnverifiedPhone */
    delete from auth.mfa_factors where user_id = ${userId} and phone = ${phone} and status = 'unverified'`
}

/** What is null stays as it is. */
export function changeFactor(
  id: string,
  change: { readonly friendlyName: string | null; readonly phone: string | null },
  now: string,
): Statement {
  return sql`/* auth.changeFactor */
    update auth.mfa_factors
    set friendly_name = coalesce(${change.friendlyName}, friendly_name), phone = coalesce(${change.phone}, phone),
      updated_at = ${now}
    where id = ${id}`
}

/** The key itself, and the answer that brought it. */
export function setFactorKey(
  id: string,
  key: { readonly credential: JsonObject; readonly aaguid: string | null },
  now: string,
): Statement {
  return sql`/* auth.setFactorKey */
    update auth.mfa_factors
    set web_authn_credential = ${JSON.stringify(key.credential)}::jsonb,
      web_authn_aaguid = coalesce(${key.aaguid}::uuid, web_authn_aaguid), updated_at = ${now}
    where id = ${id}`
}

export function setLastAnswer(id: string, answer: JsonObject): Statement {
  return sql`/* auth.setLastAnswer */
    update auth.mfa_factors set last_webauthn_challenge_data = ${JSON.stringify(answer)}::jsonb where id = ${id}`
}

/** Enrolments begun before `before` and given up: never challenged. */
export function deleteAbandonedFactors(userId: string, before: string): Statement {
  return sql`/* auth.deleteAbandonedFactors */
    delete from auth.mfa_factors as factor
    where user_id = ${userId} and status = 'unverified' and created_at < ${before}
      and not exists (select from auth.mfa_challenges as challenge where challenge.factor_id = factor.id)`
}

export function deleteFactor(id: string): Statement {
  return sql`/* auth.deleteFactor */ delete from auth.mfa_factors where id = ${id}`
}

export interface ChallengeRow {
  readonly created_ms: number
  readonly is_verified: boolean
  /** It was made from this address. */
  readonly is_same_address: boolean
  readonly otp_code: string | null
  readonly web_authn_session_data: JsonObject | null
}

export interface NewChallenge {
  readonly id: string
  readonly factorId: string
  readonly ipAddress: string
  /** What was sent to a phone. */
  readonly code: string | null
  /** What a security key is asked to sign. */
  readonly ceremony: JsonObject | null
}

export function insertChallenge(challenge: NewChallenge, now: string): Statement {
  const { id, factorId, ipAddress, code, ceremony } = challenge
  return sql`/* auth.insertChallenge */
    insert into auth.mfa_challenges (id, factor_id, created_at, ip_address, otp_code, web_authn_session_data)
    values (${id}, ${factorId}, ${now}, ${ipAddress}, ${code}, ${ceremony === null ? null : JSON.stringify(ceremony)}::jsonb)`
}

/** Postgres's clock: the column is unique, our clock counts in whole milliseconds. */
export function setFactorChallenged(factorId: string): Statement {
  return sql`/* auth.setFactorChallenged */
    update auth.mfa_factors set last_challenged_at = clock_timestamp() where id = ${factorId}`
}

export function findChallenge(id: string, factorId: string, ipAddress: string): Statement {
  return sql`/* auth.findChallenge */
    select extract(epoch from created_at)::float8 * 1000 as created_ms,
      verified_at is not null as is_verified, ip_address = ${ipAddress}::inet as is_same_address,
      otp_code, web_authn_session_data
    from auth.mfa_challenges where id = ${id} and factor_id = ${factorId}`
}

/** No row comes back when another request was first. */
export function takeChallenge(id: string, now: string): Statement {
  return sql`/* auth.takeChallenge */
    update auth.mfa_challenges set verified_at = ${now} where id = ${id} and verified_at is null returning id`
}

/** No row comes back when a code of this step, or of a later one, was used already. */
export function useTotpStep(factorId: string, step: number): Statement {
  return sql`/* auth.useTotpStep */
    insert into basalt.totp_steps as used (factor_id, step) values (${factorId}, ${step})
    on conflict (factor_id) do update set step = excluded.step where used.step < excluded.step
    returning step`
}

export function setFactorVerified(factorId: string, now: string): Statement {
  return sql`/* auth.setFactorVerified */
    update auth.mfa_factors set status = 'verified', updated_at = ${now} where id = ${factorId}`
}

export function deleteOtherUnverifiedFactors(userId: string, factorId: string): Statement {
  return sql`/* auth.deleteOtherUnverifiedFactors */
    delete from auth.mfa_factors
    where user_id = ${userId} and id <> ${factorId} and status = 'unverified'
      and factor_type = (select factor_type from auth.mfa_factors where id = ${factorId})`
}

export function raiseSession(sessionId: string, factorId: string, now: string): Statement {
  return sql`/* auth.raiseSession */
    update auth.sessions set aal = 'aal2', factor_id = ${factorId}, updated_at = ${now} where id = ${sessionId}`
}

export function deleteLowerSessions(userId: string, sessionId: string): Statement {
  return sql`/* auth.deleteLowerSessions */
    delete from auth.sessions where user_id = ${userId} and id <> ${sessionId} and coalesce(aal, 'aal1') < 'aal2'`
}

/** Without the factor their second proof is worth nothing. */
export function lowerSessionsOfFactor(factorId: string, now: string): Statement {
  return sql`/* auth.lowerSessionsOfFactor */
    with lowered as (
      update auth.sessions set aal = 'aal1', factor_id = null, updated_at = ${now}
      where factor_id = ${factorId} returning id
    )
    delete from auth.mfa_amr_claims
    where session_id in (select id from lowered)
      and authentication_method in ('totp', 'mfa/phone', 'mfa/webauthn')`
}
