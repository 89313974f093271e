/** POST /admin/users: an account without sign-up. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { Statement } from '#base/sql'
import {
  administrator,
  audit,
  authErrors,
  isUuid,
  newId,
  nilUuid,
  readRows,
  renderUser,
  requireAdmin,
  write,
} from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { nobodysHash, refuseTooLong } from '#services/auth/password'
import {
  confirmUser,
  findUserById,
  findUserByPhone,
  findUserOfEmail,
  insertIdentity,
  insertUser,
} from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import { readAccountParams } from './admin-params.ts'
import type { AccountParams } from './admin-params.ts'
import { adminErrors } from './errors.ts'
import { changeAccount, mergeAppMetadata } from './statements.ts'

export async function adminCreateUser(context: AuthContext): Promise<HttpResponse> {
  await requireAdmin(context)
  const params = await readAccountParams(context)
  const { email, phone } = params
  if (email === null && phone === null) {
    throw authErrors.invalid({ message: 'Cannot create a user without either an email or phone' })
  }
  const audience = params.aud || context.audience
  await refuseTaken(context, audience, params, null)
  const id = idOf(context, params.id)
  const providers = [...(email === null ? [] : ['email']), ...(phone === null ? [] : ['phone'])]
  const user = {
    id,
    audience,
    role: params.role || 'authenticated',
    email,
    phone,
    passwordHash: await hashOf(context, params),
    appMetadata: { provider: providers[0] as string, providers },
    userMetadata: params.user_metadata ?? {},
    isAnonymous: false,
  }
  const traits = { user_id: id, user_email: email ?? '', user_phone: phone ?? '' }
  const [row] = await write<UserRow>(context, [
    insertUser(user, context.now),
    ...identitiesOf(context, id, params),
    ...adjust(context, id, params),
    audit(context, administrator(context), 'user_signedup', {
      ...traits,
      provider: user.appMetadata.provider,
    }),
    findUserById(id),
  ])
  return jsonResponse(200, renderUser(row as UserRow))
}

/** @throws PlatformError 422 */
export async function refuseTaken(
  context: AuthContext,
  audience: string,
  { email, phone }: Pick<AccountParams, 'email' | 'phone'>,
  exceptUserId: string | null,
): Promise<void> {
  if (email !== null) {
    const taken = await readRows(context, findUserOfEmail(email, audience, exceptUserId))
    if (taken.length > 0) throw authErrors.emailExists()
  }
  if (phone !== null) {
    const taken = await readRows<UserRow>(context, findUserByPhone(phone, audience))
    if (taken.some(({ id }) => id !== exceptUserId)) throw adminErrors.phoneTaken()
  }
}

function idOf(context: AuthContext, id: string): string {
  if (id === '') return newId(context)
  if (!isUuid(id)) throw authErrors.invalid({ message: 'ID must conform to the uuid v4 format' })
  if (id === nilUuid) throw authErrors.invalid({ message: 'ID cannot be a nil uuid' })
  return id
}

/** An administrator's password need not be strong. */
async function hashOf(
  { hasher }: AuthContext,
  { password, password_hash }: AccountParams,
): Promise<string> {
  if (password_hash !== '') return password_hash
  if (password === null || password === '') return nobodysHash
  refuseTooLong(password)
  return hasher.hash(password)
}

function identitiesOf(
  context: AuthContext,
  userId: string,
  { email, phone }: AccountParams,
): Statement[] {
  const identity = (provider: string, address: object): Statement => {
    const data = { sub: userId, ...address, email_verified: false, phone_verified: false }
    const row = { id: newId(context), userId, provider, providerId: userId, data }
    return insertIdentity(row, context.now)
  }
  return [
    ...(email === null ? [] : [identity('email', { email })]),
    ...(phone === null ? [] : [identity('phone', { phone })]),
  ]
}

function adjust(context: AuthContext, id: string, params: AccountParams): Statement[] {
  const { now } = context
  const { email, phone, bannedUntil, app_metadata: appMetadata } = params
  const ban = { role: null, email: null, phone: null, confirmsEmail: false, confirmsPhone: false }
  return [
    ...(appMetadata === null ? [] : [mergeAppMetadata(id, appMetadata, now)]),
    ...(params.email_confirm === true && email !== null ? [confirmUser(id, 'email', now)] : []),
    ...(params.phone_confirm === true && phone !== null ? [confirmUser(id, 'phone', now)] : []),
    ...(bannedUntil === undefined ? [] : [changeAccount(id, { ...ban, bannedUntil }, now)]),
  ]
}
