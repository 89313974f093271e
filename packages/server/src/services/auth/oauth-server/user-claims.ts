/** The standard claims of a user (OpenID Connect Core 5.1) as far as the metadata has them. */
import type { JsonObject } from '#base/kernel'
import { rfc3339 } from '#services/auth/core'
import type { UserRow } from '#services/auth/sql'

/** What the scope `profile` shows: `name`, `picture`, `preferred_username`, `updated_at` (Unix seconds). */
export function profileOf(user: UserRow): JsonObject {
  const metadata = user.raw_user_meta_data ?? {}
  const first = (...names: readonly string[]): string => {
    const found = names
      .map((name) => metadata[name])
      .find((value) => typeof value === 'string' && value !== '')
    return typeof found === 'string' ? found : ''
  }
  const members = {
    name: first('name') || (user.email ?? ''),
    picture: first('picture', 'avatar_url'),
    preferred_username: first('preferred_username', 'username'),
  }
  const given = Object.entries(members).filter(([, value]) => value !== '')
  const updated = user.updated_at === null ? null : Date.parse(rfc3339(user.updated_at))
  return {
    ...Object.fromEntries(given),
    ...(updated === null ? {} : { updated_at: Math.floor(updated / 1000) }),
  }
}
