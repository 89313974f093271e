/** POST /signup without an address: a user that is nobody yet. */
import type { HttpResponse } from '#http'
import type { JsonObject } from '#kernel'
import { authErrors, newId, planSession, sessionResponse, takeAllowance, write } from '#auth/domain'
import type { AuthContext } from '#auth/domain'
import { findUserById, insertUser } from '#auth/sql'
import type { UserRow } from '#auth/sql'

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
  const [row] = await write<UserRow>(context, [
    insertUser(user, now),
    ...session.statements,
    findUserById(id),
  ])
  return sessionResponse(context, row as UserRow, session)
}
