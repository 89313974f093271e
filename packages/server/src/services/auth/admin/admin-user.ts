/** GET, PUT and DELETE /admin/users/{id}: one account in an administrator's hands. */
import { createHash } from 'node:crypto'
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import type { Statement } from '#base/sql'
import {
  administrator,
  audit,
  findUserForAdmin,
  newId,
  readOptionalParams,
  renderUser,
  write,
} from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { requireStrongPassword } from '#services/auth/password'
import {
  deleteFactorsOfUser,
  deleteOneTimeTokens,
  deletePasskeysOfUser,
  deleteSessionsOfUser,
  findUserById,
  insertIdentity,
  mergeUserMetadata,
  refreshProviders,
  setPassword,
  updateIdentityData,
} from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import { refuseTaken } from './admin-create-user.ts'
import { readAccountParams } from './admin-params.ts'
import type { AccountParams } from './admin-params.ts'
import {
  changeAccount,
  deleteUser,
  mergeAppMetadata,
  obfuscateIdentities,
  obfuscateUser,
} from './statements.ts'

export async function adminGetUser(context: AuthContext): Promise<HttpResponse> {
  return jsonResponse(200, renderUser(await findUserForAdmin(context)))
}

/** Nothing has to be confirmed by anybody. A new password ends every session. */
export async function adminUpdateUser(context: AuthContext): Promise<HttpResponse> {
  const user = await findUserForAdmin(context)
  const params = await readAccountParams(context)
  const { now } = context
  const email = params.email === user.email ? null : params.email
  const phone = params.phone === user.phone ? null : params.phone
  await refuseTaken(context, user.aud ?? context.audience, { email, phone }, user.id)
  const change = {
    role: params.role || null,
    email,
    phone,
    confirmsEmail: params.email_confirm === true,
    confirmsPhone: params.phone_confirm === true,
    bannedUntil: params.bannedUntil,
  }
  const verified = change.confirmsEmail ? { email_verified: true } : null
  const metadata =
    verified === null && params.user_metadata === null
      ? null
      : { ...verified, ...params.user_metadata }
  const [row] = await write<UserRow>(context, [
    ...(await planPassword(context, user, params)),
    changeAccount(user.id, change, now),
    ...(email === null
      ? []
      : followIdentity(context, user, 'email', { email, email_verified: change.confirmsEmail })),
    ...(phone === null
      ? []
      : followIdentity(context, user, 'phone', { phone, phone_verified: change.confirmsPhone })),
    ...(metadata === null ? [] : [mergeUserMetadata(user.id, metadata, now)]),
    ...(params.app_metadata === null ? [] : [mergeAppMetadata(user.id, params.app_metadata, now)]),
    audit(context, administrator(context), 'user_modified', traitsOf(user)),
    findUserById(user.id),
  ])
  return jsonResponse(200, renderUser(row as UserRow))
}

async function planPassword(
  context: AuthContext,
  user: UserRow,
  { password, password_hash }: AccountParams,
): Promise<Statement[]> {
  let hash = password_hash
  if (password !== null) {
    await requireStrongPassword(context, password)
    hash = await context.hasher.hash(password)
  }
  if (hash === '') return []
  return [
    setPassword(user.id, hash, context.now),
    deleteOneTimeTokens(user.id),
    deleteSessionsOfUser(user.id),
  ]
}

/** The identity of the address, made when the account had none. */
function followIdentity(
  context: AuthContext,
  user: UserRow,
  provider: 'email' | 'phone',
  address: JsonObject,
): Statement[] {
  if (user.identities.some((identity) => identity['provider'] === provider))
    return [updateIdentityData(user.id, provider, address, context.now)]
  const data = { sub: user.id, email_verified: false, phone_verified: false, ...address }
  const identity = { id: newId(context), userId: user.id, provider, providerId: user.id, data }
  return [insertIdentity(identity, context.now), refreshProviders(user.id, context.now)]
}

export async function adminDeleteUser(context: AuthContext): Promise<HttpResponse> {
  const user = await findUserForAdmin(context)
  const params = await readOptionalParams(context.request, { should_soft_delete: 'boolean' })
  const entry = audit(context, administrator(context), 'user_deleted', traitsOf(user))
  const end = params.should_soft_delete === true ? obfuscate(context, user) : [deleteUser(user.id)]
  if (user.deleted_at === null || params.should_soft_delete !== true)
    await write(context, [entry, ...end])
  return jsonResponse(200, {})
}

function obfuscate({ now }: AuthContext, user: UserRow): Statement[] {
  const hide = (value: string | null): string | null =>
    value === null || value === ''
      ? value
      : createHash('sha256')
          .update(user.id + value)
          .digest('base64url')
  return [
    obfuscateUser(user.id, { email: hide(user.email), phone: hide(user.phone) }, now),
    obfuscateIdentities(user.id, now),
    deleteOneTimeTokens(user.id),
    deleteFactorsOfUser(user.id),
    deletePasskeysOfUser(user.id),
    deleteSessionsOfUser(user.id),
  ]
}

function traitsOf({ id, email, phone }: UserRow): JsonObject {
  return { user_id: id, user_email: email ?? '', user_phone: phone ?? '' }
}
