/** The hooks before and after a user is created. Neither runs in the transaction that creates the user. */
import type { JsonObject } from '#base/kernel'
import { renderUser } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import type { UserRow } from '#services/auth/sql'
import { findHook } from './hook-target.ts'
import { runHook } from './run-hook.ts'

/** A user that is not there yet. */
export interface UserDraft {
  readonly id: string
  readonly email: string | null
  readonly phone: string | null
  readonly appMetadata: JsonObject
  readonly userMetadata: JsonObject
  readonly isAnonymous?: boolean
}

/** Everything that creates a user asks here first, administrators excepted. @throws PlatformError when the hook refuses */
export async function beforeUserCreated(context: AuthContext, draft: UserDraft): Promise<void> {
  const target = findHook(context.config, 'before_user_created')
  if (target === null) return
  await runHook(context, 'before_user_created', target, { user: renderDraft(context, draft) })
}

/** Called with the user as it was written. @throws PlatformError; the user stays */
export async function afterUserCreated(context: AuthContext, user: UserRow): Promise<void> {
  const target = findHook(context.config, 'after_user_created')
  if (target === null) return
  await runHook(context, 'after_user_created', target, { user: renderUser(user) })
}

/** As GoTrue shows a user without a row: times of year 1. */
function renderDraft({ audience }: AuthContext, draft: UserDraft): JsonObject {
  const never = '0001-01-01T00:00:00Z'
  return {
    id: draft.id,
    aud: audience,
    role: '',
    email: draft.email ?? '',
    phone: draft.phone ?? '',
    app_metadata: draft.appMetadata,
    user_metadata: draft.userMetadata,
    identities: [],
    created_at: never,
    updated_at: never,
    is_anonymous: draft.isAnonymous ?? false,
  }
}
