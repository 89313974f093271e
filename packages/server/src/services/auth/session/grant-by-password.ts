/** POST /token?grant_type=password */
import type { HttpResponse } from '#base/http'
import type { Statement } from '#base/sql'
import {
  audit,
  authErrors,
  isBanned,
  isConfirmed,
  isPhoneConfirmed,
  normalisePhone,
  readParams,
  readRows,
} from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { reportPasswordAttempt } from '#services/auth/hooks'
import { refuseEvenly } from '#services/auth/limits'
import { findWeakness } from '#services/auth/password'
import { findUserByEmail, findUserByPhone } from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import { sessionErrors } from './errors.ts'
import { planSession, sessionResponse, writeSignIn } from './session-grant.ts'
import { replacePasswordHash } from './statements.ts'

const shape = { email: 'text', phone: 'text', password: 'text' } as const

export function grantByPassword(context: AuthContext): Promise<HttpResponse> {
  return refuseEvenly(() => signIn(context))
}

async function signIn(context: AuthContext): Promise<HttpResponse> {
  const { email, phone, password } = await readParams(context.request, shape)
  if (email !== '' && phone !== '') {
    const message = 'Only an email address or phone number should be provided on login.'
    throw authErrors.invalid({ message })
  }
  const provider = email === '' ? 'phone' : 'email'
  const [found] = await readRows<UserRow>(context, findByContact(context, email, phone))
  const user = await checkPassword(context, found ?? null, password)
  if (provider === 'email' && !isConfirmed(user)) throw sessionErrors.emailNotConfirmed()
  if (provider === 'phone' && !isPhoneConfirmed(user)) throw sessionErrors.phoneNotConfirmed()
  const session = planSession(context, user.id, 'password')
  const written = await writeSignIn(context, user.id, session, [
    ...(await rehash(context, user, password)),
    audit(context, user, 'login', { provider }),
  ])
  const weakness = await findWeakness(context, password)
  return sessionResponse(context, written.user, written.session, { weakness })
}

function findByContact({ config, audience }: AuthContext, email: string, phone: string): Statement {
  if (email !== '') {
    if (!config['auth.email.enable_signup']) throw authErrors.emailLoginDisabled()
    return findUserByEmail(email.trim(), audience)
  }
  if (phone === '') throw authErrors.invalid({ message: 'missing email or phone' })
  if (!config['auth.sms.enable_signup']) throw sessionErrors.phoneLoginDisabled()
  return findUserByPhone(normalisePhone(phone), audience)
}

/** An unknown user, one without a password and a wrong password look the same and take as long. */
async function checkPassword(
  context: AuthContext,
  user: UserRow | null,
  password: string,
): Promise<UserRow> {
  const hash = user?.encrypted_password ?? null
  const matches = await context.hasher.verify(hash, password)
  if (user !== null && hash !== null && hash !== '' && isBanned(user, context.nowMs)) {
    throw sessionErrors.loginBanned()
  }
  if (user !== null && hash !== null && hash !== '') {
    await reportPasswordAttempt(context, user.id, matches)
  }
  if (user === null || !matches) throw sessionErrors.invalidCredentials()
  return user
}

/** bcrypt and weaker hashes give way to our own as soon as the password is at hand. */
async function rehash(
  { hasher }: AuthContext,
  user: UserRow,
  password: string,
): Promise<Statement[]> {
  const hash = user.encrypted_password ?? ''
  if (!hasher.isOutdated(hash)) return []
  return [replacePasswordHash(user.id, hash, await hasher.hash(password))]
}
