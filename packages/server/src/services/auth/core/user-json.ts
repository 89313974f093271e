/** A user as clients see one. Members that are unset are left out, except email and phone, which are ''. */
import type { JsonObject } from '#base/kernel'
import type { UserRow } from '#services/auth/sql'

/** `{ id, aud, role, email, …, app_metadata, user_metadata, identities, created_at, updated_at, is_anonymous }` */
export function renderUser(user: UserRow): JsonObject {
  return {
    id: user.id,
    aud: user.aud ?? '',
    role: user.role ?? '',
    email: user.email ?? '',
    ...moments(user, ['email_confirmed_at', 'invited_at']),
    phone: user.phone ?? '',
    ...moments(user, [
      'phone_confirmed_at',
      'confirmation_sent_at',
      'confirmed_at',
      'recovery_sent_at',
    ]),
    ...text('new_email', user.email_change),
    ...moments(user, ['email_change_sent_at']),
    ...text('new_phone', user.phone_change),
    ...moments(user, ['phone_change_sent_at', 'reauthentication_sent_at', 'last_sign_in_at']),
    app_metadata: user.raw_app_meta_data ?? {},
    user_metadata: user.raw_user_meta_data ?? {},
    ...(user.factors.length === 0 ? {} : { factors: user.factors.map(renderPart) }),
    identities: user.identities.map(renderPart),
    ...moments(user, ['created_at', 'updated_at', 'banned_until', 'deleted_at']),
    is_anonymous: user.is_anonymous,
  }
}

type Moment = {
  [K in keyof UserRow]: K extends `${string}_at` | 'banned_until' ? K : never
}[keyof UserRow]

function moments(user: UserRow, names: readonly Moment[]): JsonObject {
  const present = names.flatMap((name) => {
    const value = user[name]
    return value === null ? [] : [[name, rfc3339(value)]]
  })
  return Object.fromEntries(present) as JsonObject
}

function text(name: string, value: string | null): JsonObject {
  return value === null || value === '' ? {} : { [name]: value }
}

/** `2026-01-01 00:00:00.5+00` and `2026-01-01T00:00:00.5+00:00` → `2026-01-01T00:00:00.5Z` */
export function rfc3339(timestamp: string): string {
  return timestamp.replace(' ', 'T').replace(/\+00(:00)?$/, 'Z')
}

/** An identity or a factor: timestamps respelled; what is null is left out, except the last challenge of a factor. */
function renderPart(part: JsonObject): JsonObject {
  const rendered: Record<string, JsonObject[string]> = {}
  for (const [name, value] of Object.entries(part)) {
    if (typeof value === 'string' && name.endsWith('_at')) rendered[name] = rfc3339(value)
    else if (value !== null || name === 'last_challenged_at') rendered[name] = value
    else if (name === 'phone') rendered[name] = ''
  }
  return rendered
}

export function isConfirmed(user: UserRow): boolean {
  return user.email_confirmed_at !== null
}

export function isPhoneConfirmed(user: UserRow): boolean {
  return user.phone_confirmed_at !== null
}

export function isBanned(user: UserRow, nowMs: number): boolean {
  return user.banned_until !== null && Date.parse(rfc3339(user.banned_until)) > nowMs
}

export function hasVerifiedFactor(user: UserRow): boolean {
  return user.factors.some((factor) => factor['status'] === 'verified')
}
