/** POST /signup without an address: a user that is nobody yet. */
import type { HttpResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import { authErrors, newId } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { afterUserCreated, beforeUserCreated } from '#services/auth/hooks'
import { takeAllowance } from '#services/auth/limits'
import { planSession, sessionResponse, writeSignIn } from '#services/auth/session'
import { insertUser } from '#services/auth/sql'
import { signUpErrors } from './errors.ts'

export async function signUpAnonymously(
  context: AuthContext,
  data: JsonObject | null,
): Promise<HttpResponse> {
  const { config, audience, now } = context
  if (!config['auth.enable_anonymous_sign_ins']) throw signUpErrors.anonymousDisabled()
  takeAllowance(context, 'anonymous')
  if (!config['auth.enable_signup']) throw authErrors.signupDisabled()
  const id = newId(context)
  const session = planSession(context, id, 'anonymous')
  const user = {
    id,
    audience,
    email: null,
    phone: null,
    passwordHash: null,
    appMetadata: {},
    userMetadata: data ?? {},
    isAnonymous: true,
  }
  await beforeUserCreated(context, user)
  const written = await writeSignIn(context, id, session, [insertUser(user, now)])
  await afterUserCreated(context, written.user)
  return sessionResponse(context, written.user, written.session)
}
