/** Identities of users at providers, and who an address belongs to. */
import type { JsonObject } from '#base/kernel'
import { arrayLiteral, sql } from '#base/sql'
import type { Statement } from '#base/sql'
import type { NewIdentity } from '#services/auth/sql'

export interface IdentityRow {
  readonly id: string
  readonly user_id: string
  readonly provider: string
}

export function findIdentity(providerId: string, provider: string): Statement {
  return sql`/* auth.findIdentity */
    select id, user_id, provider from auth.identities
    where provider_id = ${providerId} and provider = ${provider}`
}

/** Unlike `insertIdentity` it fails where the identity exists: somebody else was faster. */
export function insertNewIdentity(identity: NewIdentity, now: string): Statement {
  return sql`/* auth.insertNewIdentity */
    insert into auth.identities (
      id, user_id, provider, provider_id, identity_data, last_sign_in_at, created_at, updated_at
    ) values (
      ${identity.id}, ${identity.userId}, ${identity.provider}, ${identity.providerId},
      ${JSON.stringify(identity.data)}, ${now}, ${now}, ${now}
    )`
}

/** What the provider says today. */
export function replaceIdentityData(id: string, data: JsonObject, now: string): Statement {
  return sql`/* auth.replaceIdentityData */
    update auth.identities
    set identity_data = ${JSON.stringify(data)}, last_sign_in_at = ${now}, updated_at = ${now}
    where id = ${id}`
}

export function deleteOtherIdentities(userId: string, keptId: string): Statement {
  return sql`/* auth.deleteOtherIdentities */
    delete from auth.identities where user_id = ${userId} and id <> ${keptId}`
}

/** Whoever signed up with an address they never confirmed keeps no way in, and nothing they said of themselves. */
export function resetUnconfirmed(userId: string, metadata: JsonObject, now: string): Statement {
  return sql`/* auth.resetUnconfirmed */
    update auth.users
    set encrypted_password = null, raw_user_meta_data = ${JSON.stringify(metadata)}, updated_at = ${now}
    where id = ${userId}`
}

export interface SimilarRow {
  readonly user_id: string
  /** Null where it is the account's own address. */
  readonly provider: string | null
}

/**
 * Who has one of these addresses, by an identity its provider has verified, or by the account. An identity may carry any
 * address its owner wrote down somewhere: who has verified it must not be led into their account.
 */
export function findSimilar(emails: readonly string[]): Statement {
  const list = arrayLiteral([...emails])
  return sql`/* auth.findSimilar */
    select identity.user_id, identity.provider from auth.identities as identity
    where identity.email = any (${list}::text[]) and identity.identity_data ->> 'email_verified' = 'true'
    union
    select users.id, null from auth.users as users
    where lower(users.email) = any (${list}::text[]) and users.is_sso_user = false`
}

/** An account without an address takes one of an identity; unconfirmed until it is. */
export function adoptIdentityEmail(userId: string, email: string, now: string): Statement {
  return sql`/* auth.adoptIdentityEmail */
    update auth.users set email = ${email}, email_confirmed_at = null, updated_at = ${now} where id = ${userId}`
}

/** Nobody in particular becomes somebody. */
export function endAnonymity(userId: string, now: string): Statement {
  return sql`/* auth.endAnonymity */
    update auth.users set is_anonymous = false, updated_at = ${now} where id = ${userId} and is_anonymous`
}
