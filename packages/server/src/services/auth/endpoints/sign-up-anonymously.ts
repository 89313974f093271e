/** POST /signup without an address: a user that is nobody yet. */
import type { HttpResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import {
  afterUserCreated,
  authErrors,
  beforeUserCreated,
  newId,
  planSession,
  sessionResponse,
  takeAllowance,
  writeSignIn,
} from '#services/auth/domain'
import type { AuthContext } from '#services/auth/domain'
import { insertUser } from '#services/auth/sql'

export async function signUpAnonymously(
  context: AuthContext,
  data: JsonObject | null,
): Promise<HttpResponse> {
  const { config, audience, now } = context
  if (!config['auth.enable_anonymous_sign_ins']) throw authErrors.anonymousDisabled()
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
