/** A way to sign in. One that exists already stays as it is. */
import type { JsonObject } from '#base/kernel'
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'

export interface NewIdentity {
  readonly id: string
  readonly userId: string
  readonly provider: string
  /** The user's id at the provider; the user's own id for email and phone. */
  readonly providerId: string
  readonly data: JsonObject
}

export function insertIdentity(identity: NewIdentity, now: string): Statement {
  return sql`/* auth.insertIdentity */
    insert into auth.identities (
      id, user_id, provider, provider_id, identity_data, last_sign_in_at, created_at, updated_at
    ) values (
      ${identity.id}, ${identity.userId}, ${identity.provider}, ${identity.providerId},
      ${JSON.stringify(identity.data)}, ${now}, ${now}, ${now}
    )
    on conflict (provider_id, provider) do nothing`
}

/** The identity follows its account's address. */
export function updateIdentityData(
  userId: string,
  provider: 'email' | 'phone',
  data: JsonObject,
  now: string,
): Statement {
  return sql`/* auth.updateIdentityData */
    update auth.identities
    set identity_data = identity_data || ${JSON.stringify(data)}::jsonb, updated_at = ${now}
    where user_id = ${userId} and provider = ${provider}`
}
