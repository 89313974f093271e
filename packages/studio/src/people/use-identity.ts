/** As whom something is done: `postgres`, a role, or one of the project's users with the claims a token of theirs has. */

export interface Identity {
  readonly role: string
  /** Of a user, or typed; null: none. */
  readonly claims: Readonly<Record<string, unknown>> | null
  /** How to say it. */
  readonly label: string
}

export const owner: Identity = { role: 'postgres', claims: null, label: 'postgres' }

interface UserRow {
  readonly id: string
  readonly email?: string
  readonly phone?: string
  readonly app_metadata?: Record<string, unknown>
  readonly user_metadata?: Record<string, unknown>
  readonly is_anonymous?: boolean
}

/** The claims that a fresh token of theirs has. */
export function identityOf(user: UserRow): Identity {
  return {
    role: 'authenticated',
    label: user.email || user.phone || user.id,
    claims: {
      sub: user.id,
      role: 'authenticated',
      aud: 'authenticated',
      email: user.email ?? '',
      phone: user.phone ?? '',
      app_metadata: user.app_metadata ?? {},
      user_metadata: user.user_metadata ?? {},
      is_anonymous: user.is_anonymous ?? false,
      aal: 'aal1',
    },
  }
}

export type { UserRow }
